"""
The Python library: what the CLI uses, and what your program may use.

Owns the calls (described once, without I/O, in `calls`), the rules of sending one (`core`: credential,
identity, retries, refresh, errors), and two shells that do the I/O: `session.Client` on a blocking socket
and `aio.AsyncClient` on aiohttp. What a caller sees of each noun is in `nouns`, both shells side by side.

Does not own where credentials come from (`settings`) or how results are shown (`cli`). Nothing is imported
here, because the CLI pays for every module on each start.
"""
