"""Style, script and frame of the Gantt page."""
