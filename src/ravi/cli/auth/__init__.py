"""Signing in and out on this machine."""
