"""
The keys of the vault at the command line.

Owns how PINs and recovery codes come in (`pins`) and how a new recovery code goes out (`recovery_file`), for every
command that needs them: `auth login`, `unlock`, `auth change-pin` and the rest. What is done with them is up to the
library.
"""
