"""Where mathematics meets the world: one step a module, each a plain function of a context."""
