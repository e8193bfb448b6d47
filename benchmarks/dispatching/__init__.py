"""The parts of `benchmarks.policy`: one question a module, each with a table and figures of its own."""
