"""The Ray roles: one plain class a module; ``placement`` turns them into actors."""
