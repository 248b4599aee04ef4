"""The audit log raises nothing of its own: an unknown cursor has nothing after it, and a broken chain is a finding."""
