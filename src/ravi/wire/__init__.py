"""
The vocabulary of the network, shared by client and server.

Owns paths, scopes, error codes, event names and the shapes of JSON bodies: data only, no behaviour, nothing
of ours imported. Shapes are `TypedDict`s (docs/adr/0009): the server validates with them, the CLI imports
them for type checking alone, and the OpenAPI document is made from them.

Does not own: what a rule means (the server's nouns) or how a request travels (`client`, `server.http`).
"""
