"""`ravi limits` and `ravi identity prune` against canned answers."""

UUID = "0b9f6d3a-7a53-4f5e-9d61-1f1c1b2a3c4d"
FOUND = {
    "identity": UUID,
    "limits": [
        {"name": "requests", "of": "credential", "most": 200, "left": 199, "per_second": 50},
        {"name": "held_requests", "of": "identity", "most": 100, "left": 0},
        {"name": "mail_per_hour", "of": "account", "most": 60, "left": 12, "seconds": 3600, "resets_in_seconds": 90},
        {"name": "mail_per_day", "of": "identity", "most": None, "left": None},
        {"name": "something_new", "of": "account", "most": 1, "left": 1},
    ],
}


def test_programs_get_the_document_and_people_a_table(ravi, signed_in) -> None:
    signed_in.on("GET /api/limits/", FOUND)

    assert ravi("limits").json == FOUND
    shown = ravi("limits", "--human").out.splitlines()
    assert [line.split() for line in shown[1:]] == [
        ["requests", "credential", "199", "200", "50", "a", "second"],
        ["waits", "and", "streams", "identity", "0", "100", "-"],
        ["mail", "in", "an", "hour", "account", "12", "60", "in", "90", "s"],
        ["mail", "in", "a", "day", "identity", "any", "no", "limit", "-"],
        ["something_new", "account", "1", "1", "-"],
    ]


def test_who_is_over_a_limit_gets_exit_code_nine(ravi, signed_in) -> None:
    signed_in.refuse("GET /api/limits/", 429, "rate_limit.exceeded", "more than 50 requests a second")

    done = ravi("limits")

    assert (done.code, done.error["code"]) == (9, "rate_limit.exceeded")


def test_prune_prints_one_array_and_what_it_could_not_end(ravi, signed_in, identity) -> None:
    other = "5e1d2c3b-8a67-4d19-8f0e-2b3c4d5e6f70"
    rows = [identity(uuid=UUID, name="task-1"), identity(uuid=other, name="task-2")]
    receipt = {"uuid": UUID, "name": "task-1", "email": "e", "deleted_dt": "x", "revoked": {}, "erased": {"events": 2}}
    signed_in.on("GET /api/identities/?prefix=task-", rows)
    signed_in.on(f"DELETE /api/identities/{UUID}/", receipt)
    signed_in.refuse(f"DELETE /api/identities/{other}/", 403, "auth.forbidden", "no")

    done = ravi("identity", "prune", "--prefix", "task-", "--json")

    assert done.code == 6
    assert done.json == [receipt]
    assert done.error["error"].startswith(f"task-2 ({other}): no")
    assert "2 events" in ravi("identity", "prune", "--prefix", "task-", "--human").out
    assert [row["name"] for row in ravi("identity", "prune", "--prefix", "task-", "--dry-run").json] == [
        "task-1",
        "task-2",
    ]
