"""PPO by RLlib on a fleet: a runner that samples in batches, its learner, the dispatcher as a module."""
