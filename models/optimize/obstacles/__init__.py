"""What cannot be planned, told in words before solving: `explain`, by bounds in `supply` and `overload`."""
