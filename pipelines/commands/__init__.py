"""The commands of `takt`, by what they are for; what they need is imported when they are called."""
