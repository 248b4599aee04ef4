"""What the selected identity has: its address, its number, its owner."""
