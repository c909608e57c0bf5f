"""The platform of the Granite recipe: one RL loop, four stages, and what they share.

Importing this package is free: nothing here imports torch, Ray, vLLM or DeepSpeed, so that the
command line answers at once and a worker process pays only for the room it works in.
"""

__version__ = "0.1.0.dev0"
