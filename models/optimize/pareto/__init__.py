"""Alternatives for the planner: `alternatives` by NSGA-II with the search inside.

`front` is what is found and what is picked of it, `evolution` the generations, `genome` a plan as lots.
"""
