"""What the attacker tries on the machine: every command of `ravi`, the library, and the files within reach."""

from collections.abc import Iterator
from pathlib import Path

from tests.drills.attempt import UNSUCCESSFUL, Attempt
from tests.drills.victims import Town, Victim

#: Commands that may succeed whomever they name, because they are about this machine, or about nobody.
_HARMLESS = {
    # The account's owner; what is in reach; of that, what is called so.
    "get owner", "identity list", "identity prune", "fleet status",
    "auth logout", "auth status", "status", "lock", "version", "completion", "trust", "passwords generate", "domains",
    # That it is bound, as whom, and a program of the intruder's own.
    "workspace ensure", "workspace status", "workspace exec", "integrate", "skills list", "skills install",
}  # fmt: skip


def commands(town: Town, known: list[str], others: dict[str, Victim]) -> Iterator[Attempt]:
    for place, words in enumerate(known):
        whose, victim = list(others.items())[place % 2]
        fine = ("exit 0", *UNSUCCESSFUL) if words in _HARMLESS else UNSUCCESSFUL
        alone = {"last": True} if words in ("auth logout", "lock", "identity use", "trust") else {}
        named = (victim.uuid, victim.name)[place // 2 % 2]
        argv = ["--identity", named, "--json", *words.split(), *_arguments(town, words, victim)]
        yield Attempt(f"ravi {words} as {whose}", {"argv": argv, **alone}, fine)
        if words in _OBJECTS:
            argv = ["--json", *words.split(), *_arguments(town, words, victim)]
            yield Attempt(f"ravi {words} with what {whose} has", {"argv": argv, **alone}, fine)


_OBJECTS = {
    "identity show": "{uuid}", "identity use": "{uuid}", "identity rename": "{uuid} mine", "identity disable": "{uuid}",
    "identity enable": "{uuid}", "identity delete": "{uuid}", "identity restrict": "{uuid} --to example.com",
    "identity provision-phone": "{uuid}", "keys revoke": "{key_uuid}", "message email": "{message_ref}",
    "message sms": "{text_ref}", "message read": "{message_ref}", "message unread": "{message_ref}",
    "inbox email": "{thread_id}", "inbox sms": "{conversation_id}", "email reply": "{message_ref} --body b",
    "email reply-all": "{message_ref} --body b", "email forward": "{message_ref} --to a@example.com",
    "attachments download": "{message_ref}", "contacts get": "{contact_uuid}",
    "contacts update": "{contact_uuid} --trusted", "contacts delete": "{contact_uuid}",
    "webhooks test": "{webhook_ref}", "webhooks remove": "{webhook_ref}", "passwords get": "{entry_uuid}",
    "passwords update": "{entry_uuid} --generate", "passwords delete": "{entry_uuid}",
    "passwords edit": "{entry_uuid} --generate", "passwords history": "{entry_uuid}", "totp code": "{totp_ref}",
    "totp delete": "{totp_ref}", "secrets get": "{name}_TOKEN", "secrets delete": "{name}_TOKEN",
}  # fmt: skip

_OTHERS = {
    "identity create": "--name accomplice", "keys create": "", "contacts find": "--email {email}",
    "contacts search": "{victim}", "contacts create": "--email a@example.com", "inbox search": "subject",
    "email compose": "--to a@example.com --subject s --body b", "sms send": "--to {phone} --body b",
    "wait": "--otp --timeout 2", "webhooks add": "https://drop.example/", "secrets set": "MINE value",
    "passwords create": "mine.example --generate", "totp add": "mine --secret JBSWY3DPEHPK3PXP",
    "auth login": "--server {server} --code AAAA-BBBB-CCCC", "run": "-- env", "trust": "--list", "completion": "bash",
    "sso token": "--audience https://shop.example", "sso verify": "rvt_nonsense", "secrets import": "nowhere.env",
    "workspace exec": "-- env",
    "identity prune": "--prefix {victim} --older-than 1s", "unlock": "--pin-file nowhere", "events": "--since 0",
}  # fmt: skip


def _arguments(town: Town, words: str, victim: Victim) -> list[str]:
    template = _OBJECTS.get(words, _OTHERS.get(words, ""))
    name = victim.name.upper().replace("-", "_")
    filled = template.format(
        server=town.server,
        uuid=victim.uuid, victim=victim.name, name=name, email=victim.email, phone=victim.phone,
        **{key: ref for key, ref in victim.refs.items() if key != "identity_uuid"},
    )  # fmt: skip
    return filled.split()


def library(others: dict[str, Victim]) -> Iterator[Attempt]:
    calls = (
        "r.own.email()", "r.own.phone()", "r.secrets.list()", "r.passwords.list()", "r.totp.list()",
        "r.contacts.list()", "r.identities.get({uuid!r})", "r.identities.delete({uuid!r})", "r.auth.bind({uuid!r})",
        "r.keys.create_identity({uuid!r})", "r.events.list()", "r.auth.logout(everywhere=True, keys=True)",
    )  # fmt: skip
    for whose, victim in others.items():
        for call in calls:
            code = (
                "import asyncio, inspect\nfrom ravi import Client, AsyncClient, RaviError\n"
                f"def ask(r): return {call.format(uuid=victim.uuid)}\n"
                "async def also():\n"
                f"    async with AsyncClient(identity={victim.uuid!r}) as r:\n"
                "        found = ask(r)\n        return await found if inspect.isawaitable(found) else found\n"
                "code = 7\n"
                f"for how in (lambda: ask(Client(identity={victim.uuid!r})), lambda: asyncio.run(also())):\n"
                "    try: print(how()); code = 0\n"
                "    except RaviError as problem: print(type(problem).__name__, problem)\n"
                "    except (AttributeError, TypeError, ImportError) as problem: print(problem); code = max(code, 8)\n"
                "raise SystemExit(code)"
            )
            yield Attempt(f"library, {call.split('(')[0]} of {whose}", {"code": code}, ("exit 7",))


def files(town: Town, places: dict[str, Path]) -> Iterator[Attempt]:
    home = places["the owner's home"]
    for name, place in places.items():
        yield Attempt(f"reading {name}", {"read": str(place)}, ("PermissionError",))
    for name in ("auth.json", "config.json", "recovery-code.txt"):
        yield Attempt(f"reading the owner's {name}", {"read": str(home / ".ravi" / name)}, ("PermissionError",))
    yield Attempt("looking at all processes", {"read": "/proc"}, ("read",))
    elsewhere = {"RAVI_CONFIG_DIR": str(home / ".ravi")}
    for words in ("get email", "status", "identity list"):
        yield Attempt(f"ravi {words} with RAVI_CONFIG_DIR at the owner's", {"argv": words.split(), "env": elsewhere},
                      UNSUCCESSFUL)  # fmt: skip
        yield Attempt(f"ravi {words} with the owner's HOME",
                      {"argv": words.split(), "env": {"HOME": str(home), "RAVI_CONFIG_DIR": None}, "cwd": "/"},
                      UNSUCCESSFUL)  # fmt: skip
    for link in ("auth.json", "config.json"):
        do = {"argv": ["identity", "list"], "links": {f"planted/.ravi/{link}": str(home / ".ravi" / link)},
              "env": {"RAVI_CONFIG_DIR": "planted/.ravi"}}  # fmt: skip
        yield Attempt(f"a link to the owner's {link}", do, UNSUCCESSFUL)
    download = ["attachments", "download", str(town.agent.refs["message_ref"]), "--to", "planted/out", "--json"]
    do = {"argv": download, "links": {"planted/out": str(home)}}
    yield Attempt("a download through a link into the owner's home", do, UNSUCCESSFUL)
