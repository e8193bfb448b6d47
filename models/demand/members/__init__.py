"""The members of the ensemble: each forecasts all series; the catalogue knows them by name."""
