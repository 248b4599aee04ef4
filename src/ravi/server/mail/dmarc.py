"""
Whether a message comes from the domain that its From names (DMARC, RFC 7489).

SPF and DKIM speak of domains that no reader sees; this compares them with the one that is shown.
"""

from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Literal

from ravi import domains
from ravi.server.mail.dns import LookupFailed, Resolver
from ravi.server.mail.parsed import Parsed
from ravi.server.mail.records import Check, Result

#: Names that never are in the DNS (RFC 6761).
_NEVER_PUBLIC = ("localhost", "invalid", "onion", "local")
MOST_RECORD = 8192

Mode = Literal["relaxed", "strict"]
Wish = Literal["none", "quarantine", "reject"]


@dataclass(frozen=True, slots=True)
class Policy:
    """`wish` is what the domain wants done with mail that is not its own; `found_at` is where it says so."""

    found_at: str
    wish: Wish
    dkim_mode: Mode
    spf_mode: Mode


def author_domain(parsed: Parsed) -> str:
    """Return the domain of From in lower-case A-labels. Raises ValueError, with the reason, when there is not one."""
    if parsed.header_from_count != 1:
        raise ValueError("there is more than one From" if parsed.header_from_count else "there is no From")
    found = {sender.email.rpartition("@")[2] for sender in parsed.senders}
    if len(found) != 1:
        raise ValueError("From names more than one domain" if found else "From names nobody")
    return _host(found.pop())


async def find_policy(resolver: Resolver, domain: str) -> Policy | None:
    """
    Return the policy for mail from *domain*, its own or that of the organisation it belongs to (section 6.6.3).

    Raises LookupFailed.
    """
    if "." not in domain or domain.endswith(tuple(f".{each}" for each in _NEVER_PUBLIC)):
        return None
    organisation = _organisation(domain)
    for place in dict.fromkeys((domain, organisation)):
        records = [text for text in await resolver.txt(f"_dmarc.{place}") if _is_policy(text)]
        if len(records) > 1:
            return None
        if records:
            return _parse(records[0], place, of_subdomain=place != domain)
    return None


#: Mail comes from the same domains again.
_host = lru_cache(1024)(domains.host)
_organisation = lru_cache(1024)(domains.registrable)


def _is_policy(text: bytes) -> bool:
    version, semicolon, _ = text.partition(b";")
    name, _, value = version.partition(b"=")
    return bool(semicolon) and name.strip() == b"v" and value.strip() == b"DMARC1" and len(text) <= MOST_RECORD


def _parse(text: bytes, place: str, *, of_subdomain: bool) -> Policy | None:
    """Return what a record says; None when it says nothing about what to do (section 6.6.3, step 6)."""
    tags: dict[str, str] = {}
    for piece in text.decode("ascii", "replace").split(";"):
        name, _, value = piece.partition("=")
        tags.setdefault(name.strip().lower(), value.strip())
    own = _wish(tags.get("p", ""))
    below = _wish(tags["sp"]) if "sp" in tags else own
    if own is None or below is None:
        # Somebody who wants reports wants the check, whatever went wrong with the rest.
        if "rua" not in tags:
            return None
        own = below = "none"
    return Policy(place, below if of_subdomain else own, _mode(tags.get("adkim", "r")), _mode(tags.get("aspf", "r")))


def _wish(text: str) -> Wish | None:
    match text.lower():
        case "none":
            return "none"
        case "quarantine":
            return "quarantine"
        case "reject":
            return "reject"
    return None


def _mode(text: str) -> Mode:
    return "strict" if text.lower() == "s" else "relaxed"


def is_aligned(domain: str, author: str, mode: Mode) -> bool:
    """Whether a domain that was checked speaks for the domain in From (section 3.1)."""
    if mode == "strict" or domain == author:
        return domain == author
    try:
        return _organisation(domain) == _organisation(author)
    except ValueError:
        return False


def evaluate(
    author: str, spf: Check, dkim: tuple[Check, ...], policy: Policy | LookupFailed | None, resolver: Resolver | None
) -> Check:
    """Return the result for mail from the domain *author*. A fault that could have hidden a pass is `temperror`."""
    known = policy if isinstance(policy, Policy) else None
    spf_mode: Mode = known.spf_mode if known else "relaxed"
    dkim_mode: Mode = known.dkim_mode if known else "relaxed"
    ours = [check for check in dkim if check.domain and is_aligned(check.domain, author, dkim_mode)]
    if spf.domain and is_aligned(spf.domain, author, spf_mode):
        by_spf: Result | None = spf.result
    else:
        by_spf = None
    inputs: dict[str, Any] = {
        "spf_aligned": by_spf == "pass",
        "dkim_aligned": any(check.result == "pass" for check in ours),
    }
    if resolver is None:
        return Check("none", author, inputs | {"reason": "no name server is configured"})
    if isinstance(policy, LookupFailed):
        return Check("temperror", author, inputs | {"reason": "the policy could not be looked up"})
    if policy is None:
        return Check("none", author, inputs | {"reason": "the domain has no policy"})
    inputs |= {
        "policy": policy.wish,
        "policy_domain": policy.found_at,
        "spf_mode": policy.spf_mode,
        "dkim_mode": policy.dkim_mode,
    }
    if inputs["spf_aligned"] or inputs["dkim_aligned"]:
        return Check("pass", author, inputs)
    if by_spf == "temperror" or any(check.result == "temperror" for check in ours):
        return Check("temperror", author, inputs | {"reason": "a check that could have passed had no answer"})
    return Check("fail", author, inputs | {"reason": "nothing that passed belongs to the domain in From"})
