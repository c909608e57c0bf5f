"""Moves the trainer's parameters into the generators' weights, through vLLM's weight-transfer
API."""
