"""See `ravi.server.http.sealing`."""

from ravi.server.http.sealing import seal, unseal

__all__ = ["seal", "unseal"]
