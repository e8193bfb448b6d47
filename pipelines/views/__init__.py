"""What is shown of stored versions, forecasts and the floor: plain records, worked out, never stored."""
