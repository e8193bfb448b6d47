"""What no feasible schedule of a plant costs less than: `relaxation` over days, solved in `linear`."""
