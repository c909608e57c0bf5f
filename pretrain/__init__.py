"""Pre-training: five phases over mixtures of token shards, each ending in a checkpoint."""
