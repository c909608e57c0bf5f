"""Fine-tune on conversations, and train the reward model."""
