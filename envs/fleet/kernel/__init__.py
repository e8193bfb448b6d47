"""What moves a fleet, compiled: from event to event, what lines can choose, what is seen of it."""
