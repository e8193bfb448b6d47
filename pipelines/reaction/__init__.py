"""The reaction to what happens on the floor: a recommended version of the running plan."""
