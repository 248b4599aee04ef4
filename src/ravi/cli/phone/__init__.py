"""The number that the selected identity has, or is to have."""
