"""
Drills: what a stolen workspace reaches, and how fast what is revoked stops. `make drill` prints both as tables.

Each drill runs against real servers and compares what it sees with a table written down beside it, which shares nothing
with the code under test. `tests/journeys/test_drill_*.py` run the same with every other test.
"""
