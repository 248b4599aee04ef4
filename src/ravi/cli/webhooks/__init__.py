"""Verbs of `ravi webhooks`."""
