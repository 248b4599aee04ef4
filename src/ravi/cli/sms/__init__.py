"""Sending texts."""
