"""From the trainer's parameters to the generators' weights, through vLLM's weight-transfer API."""
