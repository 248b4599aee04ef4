"""
Giving a directory an identity of its own, and taking it away: the steps behind `client.workspaces`.

What lies on the disk is `settings/workspace.py`'s, which alone writes it. Here is the order in which disk and server
are changed, so that a process may be killed anywhere: the next one finds what was begun, and nothing is left that
nobody finds.
"""
