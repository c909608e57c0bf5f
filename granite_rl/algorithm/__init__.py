"""Pure functions on tensors: advantages, policy losses, KL and length shaping. No ray, vllm or
deepspeed."""
