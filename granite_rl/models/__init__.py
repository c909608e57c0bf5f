"""Define Granite models, their tokenizer, chat template and checkpoints, and the reward model."""
