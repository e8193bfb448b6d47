"""The parts of `benchmarks.stream`: what is sent, what it runs on, what bounds it, what is killed."""
