"""An agent passes second factors: codes are right, made where the seed is opened, and nowhere else."""

import base64
import hmac
import json
import sqlite3
import time
from pathlib import Path

import pytest

from tests.support.cli import Cli
from tests.support.journey import NOBODY, Terminal, run_script
from tests.support.server import MakeServer, Server
from tests.support.vault_agents import acting, hire, unlock, unlocked_owner

SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"


def code_at(at: float, secret: str = SECRET, *, algorithm: str = "sha1", digits: int = 6, period: int = 30) -> str:
    """RFC 6238 in six lines of our own, to compare with."""
    key = base64.b32decode(secret + "=" * (-len(secret) % 8))
    digest = hmac.new(key, (int(at) // period).to_bytes(8, "big"), algorithm).digest()
    start = digest[-1] % 16
    number = int.from_bytes(digest[start : start + 4], "big") % 2**31
    return str(number % 10**digits).zfill(digits)


@pytest.fixture
def agent(owner: Cli, workspace: Path) -> Cli:
    """`ravi` of an owner with an unlocked vault, in a workspace that acts as an identity of its own."""
    return acting(unlock(owner), workspace)


def is_current(agent: Cli, name: str, **how: object) -> bool:
    """Whether the code that `ravi totp code` prints is that of a moment at which it ran."""
    before = int(time.time())
    found = agent.json("totp", "code", name, "--min-remaining", "0")["code"]
    return found in {code_at(at, **how) for at in range(before, int(time.time()) + 1)}  # type: ignore[arg-type]


def test_a_seed_lives_from_its_creation_to_its_end(agent: Cli) -> None:
    uri = f"otpauth://totp/GitHub:ada%40example.com?secret={SECRET}&issuer=GitHub"

    made = agent.json("totp", "add", "GitHub (work)", "--stdin", stdin=uri + "\n")
    assert made["username"] == "ada@example.com"
    assert (made["name"], made["digits"], made["period"], made["algorithm"]) == ("GitHub (work)", 6, 30, "SHA1")

    assert is_current(agent, "GitHub (work)")
    assert is_current(agent, made["uuid"])
    assert [entry["name"] for entry in agent.json("totp", "list")] == ["GitHub (work)"]

    assert agent.fails(5, "totp", "add", "GitHub (work)", "--secret", "ORSXG5A")["code"] == "vault.entry_exists"
    assert is_current(agent, "GitHub (work)")
    replaced = agent.json("totp", "add", "GitHub (work)", "--secret", "ORSXG5A", "--replace")
    assert (replaced["uuid"], replaced["username"]) == (made["uuid"], "ada@example.com")
    assert is_current(agent, "GitHub (work)", secret="ORSXG5A")

    assert agent.json("totp", "delete", "GitHub (work)") == {"status": "deleted", "entry": "GitHub (work)"}
    assert agent.json("totp", "list") == []
    for verb in ("code", "delete"):
        assert agent.fails(4, "totp", verb, "GitHub (work)")["code"] == "not_found"
        assert agent.fails(4, "totp", verb, made["uuid"])["code"] == "not_found"


def test_codes_are_made_as_the_site_makes_them(agent: Cli) -> None:
    for algorithm, digits, period in (("sha1", 6, 30), ("sha256", 8, 60), ("sha512", 7, 15), ("sha1", 8, 1)):
        shape = ["--algorithm", algorithm.upper(), "--digits", str(digits), "--period", str(period)]
        agent.ok("totp", "add", "site", "--secret", SECRET.lower(), *shape, "--replace")

        assert is_current(agent, "site", algorithm=algorithm, digits=digits, period=period), shape


def test_a_code_is_waited_for_that_lasts(agent: Cli) -> None:
    agent.ok("totp", "add", "site", "--secret", SECRET, "--period", "2")

    codes = [agent.json("totp", "code", "site", "--min-remaining", "1") for _ in range(4)]

    assert min(code["seconds_remaining"] for code in codes) >= 1
    assert agent.fails(2, "totp", "code", "site", "--min-remaining", "2")["code"] == "usage"


def test_shells_get_the_code_and_nothing_beside_it(agent: Cli) -> None:
    agent.ok("totp", "add", "site", "--secret", SECRET, "--period", "3600")

    done = run_script(agent, 'printf "%s|" "$(ravi totp code site --plain)" "$(ravi totp code site | jq -r .code)"')

    assert done.stdout in {f"{code}|{code}|" for code in (code_at(time.time() - ago, period=3600) for ago in (0, 60))}


def test_a_seed_can_be_typed_where_nobody_sees_it(agent: Cli) -> None:
    terminal = Terminal(agent, "totp", "add", "site", "--stdin")
    terminal.wait_for("TOTP secret or URI: ")
    terminal.type(SECRET)

    assert terminal.end() == 0
    assert SECRET not in terminal.screen
    assert is_current(agent, "site")


def test_an_agent_with_its_own_keys_makes_its_own_codes_alone(
    owner: Cli, shared_server: Server, tmp_path: Path
) -> None:
    unlock(owner)
    agent, sibling = (hire(owner, shared_server, tmp_path, name) for name in ("agent", "sibling"))
    made = agent.json("totp", "add", "site", "--stdin", stdin=SECRET)

    assert is_current(agent, "site")
    assert sibling.json("totp", "list") == []
    for ref in ("site", made["uuid"]):
        assert sibling.fails(4, "totp", "code", ref)["code"] == "not_found"
    sibling.ok("totp", "add", "site", "--secret", "ORSXG5A")  # a name is taken within one identity only
    assert is_current(agent, "site")
    foreign = json.loads((sibling.cwd / ".ravi" / "config.json").read_text())["vault_key"]
    assert agent.at(RAVI_VAULT_KEY=foreign).fails(10, "totp", "code", "site")["code"] == "vault.unreadable"


def test_a_locked_vault_shows_names_and_makes_no_codes(agent: Cli) -> None:
    agent.ok("totp", "add", "site", "--secret", SECRET)
    agent.ok("lock")

    assert [entry["name"] for entry in agent.json("totp", "list")] == ["site"]
    assert agent.fails(10, "totp", "code", "site")["code"] == "vault.locked"
    assert agent.fails(10, "totp", "add", "other", "--secret", SECRET)["code"] == "vault.locked"
    agent.ok("totp", "delete", "site")
    assert agent.json("totp", "list") == []


def test_the_server_never_sees_a_seed_and_cannot_swap_two(make_server: MakeServer, cli: Cli, workspace: Path) -> None:
    server = make_server("--log-level", "debug")
    agent = acting(unlocked_owner(server, cli), workspace)
    agent.ok("totp", "add", "bank", "--stdin", "--username", "ada of the bank", stdin=SECRET)
    agent.ok("totp", "add", "shop", "--secret", "GEZDGNBVGY3TQOJQ")
    code = agent.json("totp", "code", "bank")["code"]
    assert not any(code in line for line in server.lines if "/api/mfa/" in line)

    server.stop()
    stored = b"".join(path.read_bytes() for path in server.data.rglob("*") if path.is_file())
    for text in (SECRET, base64.b32decode(SECRET).hex(), "ada of the bank", "otpauth"):
        assert text.encode() not in stored
        assert text not in "\n".join(server.lines)
    with sqlite3.connect(server.data / "ravi.db") as database:
        for name, other in (("bank", "x"), ("shop", "bank"), ("x", "shop")):
            database.execute("UPDATE totps SET service_name = ? WHERE service_name = ?", (other, name))
    database.close()
    server.start()

    for name in ("bank", "shop"):
        refusal = agent.fails(10, "totp", "code", name)
        assert refusal["code"] == "vault.unreadable"


def test_every_failure_is_one_json_document_on_stderr(agent: Cli) -> None:
    for code, words in (
        (2, ["add", "site"]),
        (2, ["add", "site", "--secret", "no base 32!"]),
        (2, ["add", "site", "--uri", f"otpauth://hotp/site?secret={SECRET}&counter=1"]),
        (2, ["add", NOBODY, "--secret", SECRET]),
        (2, ["code"]),
        (4, ["code", "site"]),
        (4, ["code", NOBODY]),
        (4, ["delete", "site"]),
    ):
        assert SECRET not in str(agent.fails(code, "totp", *words))
