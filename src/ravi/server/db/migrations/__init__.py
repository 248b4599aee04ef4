"""Numbered SQL files. Append, never edit (see `ravi.server.db.migrate`)."""
