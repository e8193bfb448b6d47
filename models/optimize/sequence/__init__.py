"""Part of a schedule put in order anew, to the minute, by CP-SAT: `resequence`.

`scope` is what is free and what is fixed, `calendar` time in shift minutes, `lines` and `stock` the
constraints, `model` their sum with the money, `hint` the incumbent that every variable starts from.
"""
