"""
Bytes by content hash: raw mail and attachments will live here.

Empty until mail arrives; its place in the import order is fixed.
"""
