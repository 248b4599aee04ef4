"""One-time codes for second factors, made on this machine from seeds that the server cannot read."""
