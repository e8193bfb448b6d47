"""Work that takes longer than a planner waits: repairs around a change, and what-if scenarios."""
