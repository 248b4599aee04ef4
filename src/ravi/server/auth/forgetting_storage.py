"""All SQL of forgetting credentials that have ended. Each statement takes some, and leaves the rest for the next."""

from ravi.server.db import Transaction


async def delete_tokens(tx: Transaction, *, before: int, most: int) -> int:
    """Delete access and refresh tokens that ended before *before*, by themselves or with their sign-in."""
    return await tx.run(
        "DELETE FROM credentials WHERE id IN (SELECT c.id FROM credentials c JOIN sign_ins s ON s.id = c.sign_in_id"
        " WHERE c.expires_at < :before OR s.revoked_at < :before LIMIT :most)",
        before=before,
        most=most,
    )


async def delete_keys(tx: Transaction, *, before: int, most: int) -> int:
    """Delete keys that expired or were revoked before *before*."""
    return await tx.run(
        "DELETE FROM credentials WHERE id IN (SELECT id FROM credentials WHERE kind IN ('management', 'identity')"
        " AND (expires_at < :before OR revoked_at < :before) LIMIT :most)",
        before=before,
        most=most,
    )


async def delete_sign_ins(tx: Transaction, *, before: int, most: int) -> int:
    """Delete sign-ins begun before *before* that have no tokens any more, and that no other has come from."""
    return await tx.run(
        "DELETE FROM sign_ins WHERE id IN (SELECT s.id FROM sign_ins s WHERE s.created_at < :before"
        " AND NOT EXISTS (SELECT 1 FROM credentials c WHERE c.sign_in_id = s.id)"
        " AND NOT EXISTS (SELECT 1 FROM sign_ins child WHERE child.parent_id = s.id) LIMIT :most)",
        before=before,
        most=most,
    )


async def delete_signin_codes(tx: Transaction, *, before: int, most: int) -> int:
    """Delete one-time codes that ended before *before*, used or not."""
    return await tx.run(
        "DELETE FROM signin_codes WHERE id IN (SELECT id FROM signin_codes WHERE expires_at < :before LIMIT :most)",
        before=before,
        most=most,
    )
