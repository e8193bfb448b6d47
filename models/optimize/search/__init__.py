"""Neighbourhood search around a schedule: compiled moves on arrays, accepted by annealing, anytime.

`state` is the schedule as arrays, `clock` its calendar, `trial` one edit that can be taken back, `pricing`
what it costs, `moves` the edits, `annealing` the search, `params` and `tune` what it is set to. `decode`
and `disaggregate` turn sequences of lots into a feasible schedule.
"""
