"""PPO in RLlib in two forms of one network: a line an agent with shared weights, and one factored agent.

The same small network scores a line's slots in both, and the same critic sees the whole plant, so that what
differs between them is the form alone. `models.policy.dispatcher` is what ships; this is what it was
weighed against.
"""
