"""
Everything that is done with a vault in the life of an owner and an agent, well and badly, under the eyes of a Watch.

Secrets go in by standard input and files alone, so that no command line has a reason to hold one.
"""

import base64
import json
import secrets
import subprocess
import sys
import textwrap
from pathlib import Path

from tests.support.attack import from_recovery_code
from tests.support.cli import PATIENCE, Cli, Result
from tests.support.http import Http
from tests.support.journey import make_workspace, saved_sign_in
from tests.support.published_client import PublishedClient
from tests.support.server import Server
from tests.support.watch import Watch, Watched

#: What only the library takes without a command line: usernames and notes.
LIBRARY = """
    import json, sys
    from ravi import Client

    given = json.load(sys.stdin)
    with Client() as ravi:
        ravi.secrets.set("WITH_NOTES", given["value"], notes=given["notes"])
        made = ravi.passwords.create("shop.example", username=given["username"], notes=given["notes"])
        ravi.passwords.update(made["uuid"], username=given["other username"])
        ravi.totp.add("with-username", given["seed"], username=given["username"])
    json.dump(made["password"], sys.stdout)
"""
#: The child of `ravi run`: looked for among the processes, which may show what they were given.
CHILD = ("sh", "-c", "env; env | base64 -w0; sleep 0.2", "the child of ravi run")


class Life:
    """An owner at *server*, with a home and a folder of files to give secrets with, all below *place*."""

    def __init__(self, server: Server, place: Path, watch: Watch) -> None:
        self.server = server
        self.place = place
        self.watch = watch
        self.given = self._folder("given")
        self.home = self._folder("home")
        self.owner = Watched(Cli(self.home), watch)
        self.email = "owner@example.com"
        self.pins = 0

    def live(self) -> None:
        self.sign_in()
        self.agent = self.hire()
        self.keep_secrets(self.agent)
        self.keep_passwords(self.agent)
        self.keep_seeds(self.agent)
        self.use_library(self.agent)
        self.run_programs(self.agent)
        self.rewrap()
        self.come_from_the_published_client()

    def secret(self, what: str, value: str | None = None) -> str:
        """A new secret: *value*, or one that nobody has seen yet."""
        return self.watch.secret(what, value or f"{what.replace(' ', '-')}-{secrets.token_hex(8)}")

    def file(self, text: str) -> str:
        """The path of a new file with *text* in it, of mode 0600."""
        path = self.given / f"{len(list(self.given.iterdir()))}.txt"
        path.touch(0o600)
        path.write_text(text)
        return str(path)

    def new_pin(self, what: str) -> tuple[str, str]:
        return "--pin-file", self.file(self.secret(what) + "\n")

    def sign_in(self) -> None:
        self.server.add_owner(self.email)
        self.pin = self.new_pin("PIN")
        words = ("auth", "login", "--server", self.server.url, "--code", "-")
        self.owner.ok(*words, *self.pin, stdin=self.signin_code())
        self.note_keys("first", self.owner.cli)
        self.owner.fails("unlock", *self.new_pin("wrong PIN"))
        self.owner.ok("lock")
        self.owner.fails("unlock", *self.new_pin("second wrong PIN"))
        self.owner.ok("unlock", *self.pin)
        self.owner.ok("auth", "status")
        self.owner.ok("status")

    def signin_code(self) -> str:
        return str(json.loads(self.server.run("signin-code", self.email, "--json").stdout)["signin_code"])

    def note_keys(self, which: str, cli: Cli) -> None:
        """Look for every key in auth.json, as text and as bytes."""
        saved = saved_sign_in(cli)
        if code := saved.get("secret_key"):
            self.watch.secret(f"{which} recovery code", code)
            self.watch.secret_bytes(f"{which} secret key", from_recovery_code(code))
        for name in ("root_key", "legacy_key"):
            if saved.get(name):
                self.watch.secret_bytes(f"{which} {name}", base64.b64decode(saved[name]))

    def hire(self) -> Watched:
        """An agent with keys of its own. What is printed was asked for."""
        printed = self.owner.cli.json("identity", "create", "--name", "agent", "--with-key")
        key = self.owner.cli.ok("vault", "key", "--identity", "agent", "--plain").stdout.strip()
        self.watch.secret_bytes("agent's identity key", base64.b64decode(key))
        self.owner.ok("vault", "key", "--identity", "agent", shows=["agent's identity key"])
        self.uuid = printed["uuid"]
        folder = make_workspace(
            self.place / "workspace",
            self.uuid,
            identity_key=self.watch.secret("agent's API key", printed["api_key"]),
            vault_key=key,
            server=self.server.url,
        )
        return Watched(
            Cli(self._folder("home of agent"), folder, {"RAVI_CONFIG_DIR": str(folder / ".ravi")}), self.watch
        )

    def keep_secrets(self, agent: Watched) -> None:
        first, second = (
            self.secret("value"),
            self.secret("odd value", f"lines\nwith ü/+? {secrets.token_hex(8)}\nof it"),
        )
        agent.ok("secrets", "set", "FIRST", "--stdin", stdin=first)
        agent.ok("secrets", "set", "SECOND", "--file", self.file(second))
        imported = {"THIRD": self.secret("imported value"), "FOURTH": self.secret("value from JSON")}
        agent.ok("secrets", "import", self.file(f"THIRD={imported['THIRD']}\n"))
        agent.ok("secrets", "import", "-", "--format", "json", stdin=json.dumps({"FOURTH": imported["FOURTH"]}))
        agent.ok("secrets", "list")
        agent.ok("secrets", "get", "FIRST", shows=["value"])
        agent.ok("secrets", "get", "FIRST", "SECOND", shows=["value", "odd value"])
        every = ["value", "odd value", "imported value", "value from JSON"]
        for form in ("dotenv", "json", "yaml", "shell"):
            agent.ok("secrets", "export", "--format", form, shows=every)
        agent.ok("secrets", "export", "--prefix", "NONE_SUCH")
        agent.ok("secrets", "set", "FIRST", "--stdin", stdin=self.secret("second value"))
        agent.ok("secrets", "set", "GONE", "--stdin", stdin=self.secret("deleted value"))
        agent.ok("secrets", "delete", "GONE")

    def keep_passwords(self, agent: Watched) -> None:
        agent.ok(
            "passwords", "create", "bank.example", "--password-stdin", stdin=self.secret("password"), shows=["password"]
        )
        second = self.secret("changed password")
        agent.ok(
            "passwords", "update", "bank.example", "--password-file", self.file(second), shows=["changed password"]
        )
        made = agent.cli.ok("passwords", "create", "site.example", "--length", "30").json["password"]
        self.watch.secret("generated password", made)
        changed = agent.cli.ok("passwords", "update", "site.example", "--generate", "--length", "30").json["password"]
        self.watch.secret("second generated password", changed)
        agent.ok("passwords", "get", "bank.example", shows=["changed password"])
        agent.ok("passwords", "history", "bank.example", shows=["password"])
        agent.ok("passwords", "list")
        agent.ok("passwords", "delete", "site.example")
        alone = self.owner.cli.ok("passwords", "generate", "--length", "40").json["password"]
        self.watch.secret("password that was only generated", alone)

    def keep_seeds(self, agent: Watched) -> None:
        seed = secrets.token_bytes(20)
        self.watch.secret_bytes("seed", seed)
        uri = f"otpauth://totp/Bank:ada?secret={base64.b32encode(seed).decode()}&issuer=Bank"
        agent.ok("totp", "add", "bank", "--stdin", stdin=uri + "\n")
        other = secrets.token_bytes(20)
        self.watch.secret_bytes("second seed", other)
        agent.ok("totp", "add", "shop", "--stdin", stdin=base64.b32encode(other).decode())
        agent.ok("totp", "code", "bank", "--min-remaining", "0")
        agent.ok("totp", "list")
        agent.ok("totp", "delete", "shop")

    def use_library(self, agent: Watched) -> None:
        seed = secrets.token_bytes(20)
        given = {what: self.secret(what) for what in ("username", "other username", "notes")}
        given |= {"value": self.secret("value from the library"), "seed": base64.b32encode(seed).decode()}
        self.watch.secret_bytes("seed from the library", seed)
        done = subprocess.run(
            [sys.executable, "-c", textwrap.dedent(LIBRARY)],
            input=json.dumps(given),
            capture_output=True,
            text=True,
            env=agent.cli.environment,
            cwd=agent.cli.cwd,
            timeout=PATIENCE,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        self.watch.secret("password from the library", json.loads(done.stdout))
        self.watch.told(Result(("python",), 0, done.stdout, done.stderr), "password from the library")
        agent.ok("passwords", "list", shows=["other username"])
        shown = ["other username", "password from the library", "notes"]
        agent.ok("passwords", "get", "shop.example", shows=shown)
        agent.ok("passwords", "history", "shop.example", shows=["username", "password from the library", "notes"])
        agent.ok("secrets", "get", "WITH_NOTES", shows=["value from the library", "notes"])

    def run_programs(self, agent: Watched) -> None:
        masked = agent.ok("run", "--", *CHILD)
        assert masked.stdout.count("ravi:FIRST hidden") == 2, masked
        agent.ok("run", "--only", "FIRST", "--no-mask", "--", *CHILD, shows=["second value"])
        agent.fails("run", "--", "sh", "-c", "env >&2; exit 9")
        agent.fails("run", "--", "./no such program")

    def rewrap(self) -> None:
        new = self.secret("new PIN")
        self.owner.ok("auth", "change-pin", *self.pin, "--new-pin-file", self.file(new))
        self.pin = ("--pin-file", self.file(new))
        self.owner.fails("auth", "change-pin", *self.new_pin("third wrong PIN"), "--new-pin-file", self.file(new))
        self.owner.ok("auth", "recovery-code", *self.pin)
        self.note_keys("renewed", self.owner.cli)
        self.owner.ok("lock")
        self.owner.ok("unlock", *self.pin)
        other = Watched(Cli(self._folder("home of another machine")), self.watch)
        words = ("auth", "login", "--server", self.server.url, "--code", "-")
        right = saved_sign_in(self.owner.cli)["secret_key"]
        code = self.file(right + "\n")
        mistyped = self.file(self.secret("mistyped code", right[:-2] + ("77" if right[-2:] != "77" else "88")))
        other.fails(*words, *self.pin, "--recovery-code-file", mistyped, stdin=self.signin_code())
        other.fails(*words, *self.pin, stdin=self.signin_code())
        other.ok(*words, *self.pin, "--recovery-code-file", code, stdin=self.signin_code())
        other.ok("auth", "logout")

    def come_from_the_published_client(self) -> None:
        """Another owner, whose vault is of the old format, upgrades it. The old PIN is too short to be looked for."""
        code = self.server.add_owner("old-owner@example.com")["signin_code"]
        access = Http(self.server.url).post("/api/auth/login/", {"signin_code": code}).json["access"]
        account = Http(self.server.url, access)
        old = PublishedClient(account, "192837").sign_in()
        uuid = account.post("/api/identities/", {"name": "old agent"}).json["uuid"]
        old.act_as(uuid).set_secret("OLD", self.secret("old value"))
        changed = old.create_password("old.example", self.secret("old username"), self.secret("old password"))
        old.change_password(changed, self.secret("second old password"))
        code = json.loads(self.server.run("signin-code", "old-owner@example.com", "--json").stdout)["signin_code"]
        pin = ("--pin-file", self.file("192837\n"))
        owner = Watched(Cli(self._folder("home of old owner"), None, {"RAVI_IDENTITY": uuid}), self.watch)
        owner.ok("auth", "login", "--server", self.server.url, "--code", "-", *pin, stdin=code)
        self.note_keys("old", owner.cli)
        owner.ok("secrets", "set", "NEW", "--stdin", stdin=self.secret("value in between"))
        owner.ok("secrets", "export", shows=["old value", "value in between"])
        owner.fails("vault", "upgrade", *self.new_pin("wrong PIN for the upgrade"))
        owner.ok("vault", "upgrade", *pin)
        self.note_keys("upgraded", owner.cli)
        owner.ok("vault", "upgrade", *pin)
        owner.ok("secrets", "export", shows=["old value", "value in between"])
        shown = ["old username", "second old password"]
        owner.ok("passwords", "get", changed, shows=shown)

    def _folder(self, name: str) -> Path:
        path = self.place / name
        path.mkdir(0o700, parents=True)
        return path
