"""Computes advantages, policy losses, KL estimates and length penalties: pure functions on tensors,
without vllm or deepspeed, and with ray only to keep SkyRL from using it."""
