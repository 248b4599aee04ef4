"""`ravi workspace`: directories with an identity of their own."""
