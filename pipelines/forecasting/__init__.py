"""Forecasting demand: the history, the contest of challenger and champion, what is shown of it."""
