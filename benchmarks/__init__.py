"""
How fast it is, measured rather than asserted.

`run.py` is the way in (`make bench`); one file per benchmark, each with `run(effort)` yielding tables. `measure.py`
knows statistics and bars, `servers.py` and `processes.py` start what is measured, `load.py` puts HTTP load on it,
`bare.py` is the route that the server is compared with, `machine.py` says what it all ran on.

Every figure is a ratio to something measured in the same run, in turn with it: absolute times say more about the
machine, and about who else was using it, than about the program.
"""
