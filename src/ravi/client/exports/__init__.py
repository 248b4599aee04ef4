"""How secrets are written for other programs to read: one file for each format, and `formats`, which chooses."""
