"""The simulated factory told as events: when, in which words, where to, and with which trouble."""
