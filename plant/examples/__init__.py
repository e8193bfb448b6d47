"""Plants small enough to read, as code and as JSON."""
