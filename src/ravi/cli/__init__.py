"""
The `ravi` command.

Owns the reading of argv, the choice of the one module that a command needs, what appears on stdout and
stderr, and the exit code. Lives elsewhere: where settings come from (`ravi.settings`), how a call travels
(`ravi.client`).

`main.py` is the way in, `table.py` lists every command, `<noun>/<verb>.py` is the command. A verb has `run(args,
io)` and, only if it takes arguments, `configure(parser)`; it calls the client and prints one document.
"""
