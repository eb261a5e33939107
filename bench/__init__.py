"""One script per figure, run by `python3 -m dev bench`. What they share is in `bench.kit`."""
