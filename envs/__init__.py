"""Define environments, which a rollout talks to, as SkyRL-Gym `BaseTextEnv` classes.

Single-turn environments are a few lines around a reward (`envs.base.SingleTurnEnv`); anything
that SkyRL-Gym can run works too. `envs.registry` finds classes by name, in any process.
"""
