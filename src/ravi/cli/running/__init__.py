"""
Running another program for `ravi run`: its environment, its terminal or pipes, its end, and masked output.

`forms.py` says how a value may appear in output, `mask.py` hides it in a stream (both pure); `child.py` and
`session.py` start the program, `terminal.py` and `pipes.py` are what its streams go through, `wiring.py` puts these in
between, `attending.py` stays with the program until it ends.
docs/adr/0018 says why it is done so.
"""
