"""Events raise nothing of their own: an unknown cursor simply has nothing after it."""
