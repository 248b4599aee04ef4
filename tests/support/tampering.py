"""What somebody can do who may write to the database and knows how the audit log is guarded."""

from ravi.server.db import Database

TRIGGERS = {
    "audit_continues": "audit",
    "audit_moves_head": "audit",
    "audit_is_not_changed": "audit",
    "audit_is_not_shortened": "audit",
    "audit_heads_go_on": "audit_heads",
    "audit_heads_stay": "audit_heads",
}


async def open_up(db: Database) -> None:
    """Remove every trigger that guards the audit log."""
    async with db.begin() as tx:
        for trigger, table in TRIGGERS.items():
            on = f" ON {table}" if db.dialect == "postgresql" else ""
            await tx.run(f"DROP TRIGGER IF EXISTS {trigger}{on}")
