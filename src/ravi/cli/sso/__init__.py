"""Proving to a service which identity this is."""
