"""Making, choosing, switching and ending identities."""
