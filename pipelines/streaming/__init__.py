"""The parts of the stream: source, judge, sink, checkpoint; `pipelines.stream` puts them together."""
