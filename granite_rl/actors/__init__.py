"""The Ray roles. Each module holds one role as a plain class; ``placement`` turns them into actors."""
