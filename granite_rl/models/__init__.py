"""Granite architectures, tokenizer, chat template, checkpoints, and the scalar reward model."""
