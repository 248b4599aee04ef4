"""
Where settings come from, and the only writer of our files.

Owns environment variables, `config.json`, `auth.json`, `trust.json`: which source wins, whether a file may say
what it says, and how files are written (atomic, 0600). Every value remembers its source. `client.py` is the
door for programs that call a server, `server.py` for the server itself; both stand on `resolve.py`.

Does not own: what is sent with a credential (`client`), or what a user is told (`cli`). Nothing here prints.
"""
