"""What we claim about speed, measured beside the alternative in the same run: `python -m benchmarks`."""
