"""Measures held-out accuracies, their uncertainty, and what each stage of the recipe changed."""
