"""`ravi fleet`: many directories at once, each with an identity of its own."""
