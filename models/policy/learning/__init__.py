"""How the dispatcher learns: plants to learn on, episodes in the fleet, and the steps of its recipe."""
