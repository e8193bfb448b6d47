"""From a plant and a starting schedule to the cheapest schedule that the time allows."""
