"""Large-neighbourhood search: which part solves which neighbourhood is learned from what paid.

`neighbourhoods` to choose from, `parts` that solve them, `rounds` of the two; `cutout` makes some lines
a plant of their own.
"""
