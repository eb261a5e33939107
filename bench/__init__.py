"""The figures: one script each, `python3 -m dev bench`. What they share is in `bench.kit`."""
