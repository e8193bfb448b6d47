"""The dispatcher under RLlib: its fleet, its module, its learner. Only this folder needs Ray."""
