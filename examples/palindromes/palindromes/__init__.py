"""Train words that read the same backwards: an example of a reward in a package of its own."""
