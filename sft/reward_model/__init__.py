"""Train the scalar reward model from preference pairs."""
