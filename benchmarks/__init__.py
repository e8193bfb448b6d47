"""What Takt is measured by: `python -m benchmarks.NAME [--quick] [--json]`.

Each prints a progress line while it works, a table, and as its last line one JSON object of figures.
"""
