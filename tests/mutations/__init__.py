"""
What happens if one check of the server is not there: a test has to fail, or the check is not held by any.

`sites.py` and what stands beside it find the checks in the source; `reach.py` learns which tests come past each of
them; `trial.py` drops one at a time, in a copy of the tree; `equivalents.py` lists what may be dropped without harm.
"""
