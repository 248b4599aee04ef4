"""API keys of the account and of single identities."""
