"""From a table to histories: read, repaired, on one grid, with what is known ahead of them."""
