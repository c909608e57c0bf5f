"""Hold the commands of `python -m rewards`, one a file: `add_parser` and `run`."""
