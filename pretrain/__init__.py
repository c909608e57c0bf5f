"""Pre-trains a model in five phases over mixtures of token shards, each ending in a checkpoint."""
