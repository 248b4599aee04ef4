"""
Between the socket and the nouns: routes, principals, errors, idempotency, limits.

Owns the route table (one declaration decodes, checks the scope, calls, encodes and documents), the `Principal`
type, request ids and the one place where errors become statuses. Who a presented key belongs to is injected.
Knows no noun.
"""

from ravi.server.http.paging import Page, Paging
from ravi.server.http.principal import IdentityRef, Principal, Selects
from ravi.server.http.routing import Answer, Later, Routes

__all__ = ["Answer", "IdentityRef", "Later", "Page", "Paging", "Principal", "Routes", "Selects"]
