"""
Many workspaces at once, each with an identity of its own: the steps behind `client.fleet`.

Markers are written into every directory first, then one call makes all identities, then the bindings are finished. So a
fleet has what `ravi workspace ensure` would have given each directory, at a fraction of the price, and whoever is cut
off leaves what the next one finds. A fleet is known by a label of its identities; nothing about it is kept elsewhere.
"""
