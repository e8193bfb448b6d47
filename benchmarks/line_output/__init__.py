"""What the benchmark of line rates is made of: its tables and its peer."""
