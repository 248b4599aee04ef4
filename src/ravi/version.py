"""The version, written once; a literal, because importlib.metadata costs the CLI 38 ms."""

__version__ = "0.1.0"
