"""Holds what every trainer shares: the DeepSpeed engine, packing, log-probabilities,
checkpoints."""
