"""
Web: the pages for people at a browser, rendered here, working without JavaScript.

Owns routes and templates: signing in, approving a device, reading about the API. What a sign-in is and how often
it may be tried lives in `login`.
"""

from ravi.server.web.routes import build_pages

__all__ = ["build_pages"]
