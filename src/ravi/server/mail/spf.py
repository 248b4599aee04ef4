"""
Whether the domain of the envelope lets this client send (SPF, RFC 7208), evaluated by pyspf.

pyspf asks the DNS in the middle of its work and waits. Instead of a thread for each message that waits, it is given the
answers that are known; when one is missing it is stopped, the question is asked without blocking anybody, and it begins
again. A whole evaluation takes it less than a tenth of a millisecond.
"""

import ipaddress
import warnings
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from ravi import domains
from ravi.server.mail.charsets import clean_line
from ravi.server.mail.dns import LookupFailed, Resolver
from ravi.server.mail.records import Check, Result

with warnings.catch_warnings():
    # pyspf 2.0.14 has escapes in its strings that Python 3.12 warns of each time it compiles the file.
    warnings.simplefilter("ignore", SyntaxWarning)
    warnings.simplefilter("ignore", DeprecationWarning)
    import spf  # type: ignore[import-untyped]  # it has no annotations

#: RFC 7208 section 4.6.4 allows 10 mechanisms that ask, and 10 hosts for each of those that ask for several.
MOST_LOOKUPS = 120
#: A record has to fit an answer by UDP (section 3.4). pyspf takes quadratic time for longer ones.
MOST_RECORD = 2048
MOST_DOMAIN_SPEC = 512

_RESULTS: dict[str, Result] = {
    "pass": "pass", "fail": "fail", "softfail": "softfail", "neutral": "neutral", "none": "none",
    "temperror": "temperror", "permerror": "permerror",
}  # fmt: skip
#: From here nobody's public record can allow or forbid anything.
_NOT_PUBLIC = [
    ipaddress.ip_network(each)
    for each in (
        "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12",
        "192.168.0.0/16", "::/127", "fc00::/7", "fe80::/10",
    )
]  # fmt: skip

Question = tuple[str, str]
Answers = Mapping[Question, list[Any] | LookupFailed]


async def check_spf(resolver: Resolver | None, *, peer: str, helo: str, mail_from: str) -> Check:
    """
    Return what the domain of *mail_from*, or of *helo* for bounces, says about the client at *peer*.

    A fault of the DNS is `temperror`. `none` for clients that are on no public address. Never raises.
    """
    identity = "mailfrom" if mail_from else "helo"
    inputs: dict[str, Any] = {"client_ip": peer, "identity": identity, "mail_from": mail_from, "helo": helo}
    try:
        domain = _host((mail_from or helo).rpartition("@")[2])
        address, is_public = _client(peer)
    except ValueError:
        return Check("none", "", inputs | {"reason": "there is no domain to ask"})
    if not is_public:
        return Check("none", domain, inputs | {"reason": "the client is not on a public address"})
    if "." not in domain or _is_address(domain):
        return Check("none", domain, inputs | {"reason": "there is no domain to ask"})
    if resolver is None:
        return Check("none", domain, inputs | {"reason": "no name server is configured"})
    # pyspf takes the domain from behind the first @, and a quoted local part may have one.
    local = mail_from.rpartition("@")[0].replace("@", "_")
    sender = f"{local or 'postmaster'}@{domain}"
    return await _evaluate(resolver, address, sender, helo or domain, domain, inputs)


async def _evaluate(
    resolver: Resolver, address: str, sender: str, helo: str, domain: str, inputs: dict[str, Any]
) -> Check:
    answers: dict[Question, list[Any] | LookupFailed] = {}
    for _ in range(MOST_LOOKUPS):
        query = _Query(answers, i=address, s=sender, h=helo)
        try:
            result, _, explanation = query.check()
        except _Missing as missing:
            answers[missing.question] = await _ask(resolver, *missing.question)
            continue
        except Exception as error:  # noqa: BLE001 - what pyspf raises beyond its own errors is for records it cannot read
            return Check("permerror", domain, inputs | {"reason": type(error).__name__})
        if query.mechanism:
            inputs["mechanism"] = clean_line(str(query.mechanism), 200)
        if result in ("temperror", "permerror"):
            inputs["reason"] = clean_line(str(explanation), 200)
        return Check(_RESULTS.get(result, "permerror"), domain, inputs)
    return Check("permerror", domain, inputs | {"reason": "it takes too many look-ups"})


async def _ask(resolver: Resolver, name: str, kind: str) -> list[Any] | LookupFailed:
    try:
        match kind:
            case "TXT":
                return [(text,) for text in await resolver.txt(name)]
            case "A":
                return list(await resolver.a(name))
            case "AAAA":
                return list(await resolver.aaaa(name))
            case "MX":
                return list(await resolver.mx(name))
            case "PTR":
                return list(await resolver.ptr(name))
    except LookupFailed as fault:
        return fault
    return []


class _Missing(Exception):
    """An answer that is needed to go on."""

    def __init__(self, question: Question) -> None:
        super().__init__(*question)
        self.question = question


class _Query(spf.query):  # type: ignore[misc]  # pyspf has no annotations
    """One evaluation that takes the answers it is given, and asks nobody."""

    def __init__(self, answers: Answers, **of_client: str) -> None:
        super().__init__(**of_client, strict=True)
        self._answers = answers

    def dns(self, name: Any, qtype: str, cnames: Any = None, ignore_void: bool = False) -> list[Any]:
        """Return the answer, in the shape that pyspf's own method has. Aliases were followed by the resolver."""
        question = (str(name).removesuffix(".").lower(), qtype)
        if not all(0 < len(label) < 64 for label in question[0].split(".")) or not question[0].isascii():
            return []
        if question not in self._answers:
            raise _Missing(question)
        answer = self._answers[question]
        if isinstance(answer, LookupFailed):
            raise spf.TempError(f"no answer for {question[0]} {qtype}")
        if not answer and not ignore_void:
            self.void_lookups += 1
            if self.void_lookups > spf.MAX_VOID_LOOKUPS:
                raise spf.PermError("too many look-ups that find nothing")
        if qtype == "TXT" and any(len(text) > MOST_RECORD for (text,) in answer if text[:6].lower() == b"v=spf1"):
            raise spf.PermError("the record is too long")
        return list(answer)

    def expand(self, s: str, stripdot: bool = True) -> Any:
        if len(s) > MOST_DOMAIN_SPEC:
            raise spf.PermError("a domain in the record is too long")
        return super().expand(s, stripdot)

    def get_explanation(self, spec: object) -> None:
        """Nobody reads explanations here, so they are not looked up."""


def asks(peer: str) -> bool:
    """Whether `check_spf` may have to ask the DNS about a client at *peer*."""
    try:
        return _client(peer)[1]
    except ValueError:
        return False


_host = lru_cache(1024)(domains.host)


@lru_cache(1024)  # a client sends many messages, and a domain as well
def _client(peer: str) -> tuple[str, bool]:
    """Return an IP address in its usual spelling, and whether it is a public one. Raises ValueError."""
    address = ipaddress.ip_address(peer)
    if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped:
        address = address.ipv4_mapped
    return str(address), not any(address in network for network in _NOT_PUBLIC)


def _is_address(domain: str) -> bool:
    try:
        ipaddress.ip_address(domain)
    except ValueError:
        return False
    return True
