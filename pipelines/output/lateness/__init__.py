"""Late orders: real order ages, the model fitted on them, its contest, and the scores of a plan's orders."""
