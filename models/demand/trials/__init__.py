"""What the past says of the members: how long they may be tried, how far off, weighed, calibrated."""
