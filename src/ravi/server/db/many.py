"""Many rows in few statements: for what is made by the hundred, where a round trip for each would add up."""

from collections.abc import Iterator, Sequence

from ravi.server.db.engine import Row, Transaction

#: Rows of one statement. SQLite keeps short statements ready and compiles long ones anew.
AT_ONCE = 50


async def insert_many(tx: Transaction, into: str, rows: Sequence[Sequence[object]], then: str = "") -> list[Row]:
    """
    Execute `<into> VALUES … <then>` with all *rows*, in their order; return what RETURNING answers, in no order.

    *into* is `INSERT INTO table (columns)`, *then* what follows the values, without parameters.
    """
    answered: list[Row] = []
    for part in parts(rows):
        places, params = values(part)
        sql = f"{into} VALUES {places} {then}"
        if "RETURNING" in then:
            answered += await tx.all(sql, **params)
        else:
            await tx.run(sql, **params)
    return answered


def values(rows: Sequence[Sequence[object]]) -> tuple[str, dict[str, object]]:
    """Return the list of *rows* as it stands behind VALUES, and its parameters (their names begin with `v`)."""
    params: dict[str, object] = {}
    lines = []
    for number, row in enumerate(rows):
        names = [f"v{number}_{place}" for place in range(len(row))]
        params.update(zip(names, row, strict=True))
        lines.append(f"({', '.join(f':{name}' for name in names)})")
    return ", ".join(lines), params


def parts(rows: Sequence[Sequence[object]]) -> Iterator[Sequence[Sequence[object]]]:
    """Yield *rows* in portions of one statement each."""
    for start in range(0, len(rows), AT_ONCE):
        yield rows[start : start + AT_ONCE]
