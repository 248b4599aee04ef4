"""
What a caller sees: one file per noun, its blocking and its asynchronous face side by side.

A noun holds no state and does no I/O. Its steps are generators over `core.Core`; the shell that it was given
runs them, at once or as a coroutine.
"""
