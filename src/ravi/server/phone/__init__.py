"""
Phone: numbers, and in time the messages to and from them.

Owns the carriers, one short file each. Which identity holds which number belongs to `identities`.
"""
