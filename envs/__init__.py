"""The simulated plant: its kernel, its environments, its scenarios and its dispatching rules."""
