"""Run the whole recipe as a chain of steps, each with a run directory of its own."""
