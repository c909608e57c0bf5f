"""Run one RL stage: from prompt rows to trained weights."""
