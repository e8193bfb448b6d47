"""Plants of hundreds of lines by groups: `draw` the groups, `division` into plants, `rounds` side by side."""
