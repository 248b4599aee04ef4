"""
Work that outlives a request: periodic chores now, the durable queue when there is mail to send.

Does not own what a chore does: nouns hand in a coroutine, `app` decides how often it runs.
"""

from ravi.server.jobs.chores import Chores

__all__ = ["Chores"]
