"""
The ground floor: connections, transactions and the schema.

Owns the two engines (SQLite, PostgreSQL) behind one small interface, the migrations and the mapping of times
to integers. Knows no noun: every statement about a noun lives in that noun's `storage.py`.
"""

from ravi.server.db.checking import require_whole
from ravi.server.db.engine import Database, Queries, Row, Transaction
from ravi.server.db.errors import DatabaseBusy, DatabaseFull, DatabaseUnavailable, ReferenceGone, SchemaTooNew
from ravi.server.db.open import open_database
from ravi.server.db.row_uuids import new_row_uuid
from ravi.server.db.times import from_micros, micros

__all__ = [
    "Database",
    "DatabaseBusy",
    "DatabaseFull",
    "DatabaseUnavailable",
    "Queries",
    "ReferenceGone",
    "Row",
    "SchemaTooNew",
    "Transaction",
    "from_micros",
    "micros",
    "new_row_uuid",
    "open_database",
    "require_whole",
]
