"""What the forecast benchmark is made of: scores, the yardstick, origins one after the other."""
