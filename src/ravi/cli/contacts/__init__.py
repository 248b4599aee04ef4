"""Whom an identity knows."""
