"""Supervised fine-tuning, and the reward model that is trained beside it."""
