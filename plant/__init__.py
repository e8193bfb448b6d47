"""The plant: its records, its schedules, and the one referee of feasibility and cost."""
