"""All numbers of the recipe, as Hydra configuration; the meaning of each key is in the pydantic
classes."""
