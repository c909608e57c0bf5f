"""Provide what every run shares: directory, lock, status, lineage, metrics, console and alarms.

Pre-training, SFT and the RL stages write the same files in the same places, so that one viewer, one
report and one set of alerts serve all of them. Nothing in this package imports Ray, vLLM or
DeepSpeed; W&B, TensorBoard (and with it torch) are imported only where a run asks for them.
"""
