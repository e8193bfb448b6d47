"""Line assignment and lot sizing by day as a MILP (Pyomo, HiGHS), and neighbourhoods solved by it.

`buckets` are the days, `scope` what of a plant counts, `model` the mathematics, `handover` the start that
HiGHS is given, `highs` the solver, `refine` the neighbourhoods around a schedule.
"""
