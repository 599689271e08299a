"""Speed, measured over HTTP with the shipped configuration; `python -m benchmarks` prints the figures."""
