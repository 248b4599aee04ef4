"""What can be wrong between this server and Twilio, looked at without sending anything, and put right."""

from collections import Counter
from ipaddress import ip_address
from typing import Any
from urllib.parse import quote, urlsplit

from ravi.server.phone.carriers.contract import Finding
from ravi.server.phone.carriers.twilio.api import Api, Declined, Failed, harmless

_NUMBER_PAGES = 10
#: Errors of texts that an operator can do something about, and what.
_WITHHELD = {
    30038: (
        "arrived, looked like one-time codes and were withheld",
        "this provider filters codes on its numbers; ask its support, or receive them on a SIM of your own",
    ),
    30034: (
        "were stopped, because the number is not registered with the carriers of the United States",
        "register a brand and a campaign (A2P 10DLC), and name its service: messaging-service=MG…",
    ),
    30032: (
        "were stopped, because the toll-free number is not verified",
        "have the number verified in the provider's console",
    ),
}


async def findings(api: Api, webhook_url: str, prefix: str, *, ask_account: bool) -> list[Finding]:
    """
    Look at our URL, the account, its numbers and its latest texts. Raises nothing that concerns the provider.

    *prefix* is how the names of our numbers begin at the provider's.
    """
    found = [_reachable(webhook_url)]
    try:
        if ask_account:
            found.append(_account(await api.get("")))
        found += _numbers(await _rows(api), webhook_url, prefix)
        texts, _ = await api.listed("Messages", "messages", {}, pages=1)
        found += _withheld(texts)
    except (Failed, Declined) as fault:
        found.append(
            Finding("account", False, str(fault), "compare account SID, token and URL with the provider's console")
        )
    return found


async def repaired(api: Api, webhook_url: str, prefix: str) -> list[Finding]:
    """Set the webhooks of our numbers that lead elsewhere, if ours can be reached. Raises as little as `findings`."""
    if not _reachable(webhook_url).fine:
        return []
    found: list[Finding] = []
    try:
        for row in _strayed(await _rows(api), webhook_url, prefix):
            form = {"SmsUrl": webhook_url, "SmsMethod": "POST", "SmsApplicationSid": ""}
            await api.post(f"IncomingPhoneNumbers/{quote(str(row.get('sid')), safe='')}", form)
            found.append(Finding(_about(row), True, f"its texts are posted to {webhook_url} now"))
    except (Failed, Declined) as fault:
        found.append(Finding("numbers", False, f"their webhooks could not be set: {fault}", "try again later"))
    return found


async def _rows(api: Api) -> list[dict[str, Any]]:
    rows, _ = await api.listed("IncomingPhoneNumbers", "incoming_phone_numbers", {}, pages=_NUMBER_PAGES)
    return rows


def _reachable(webhook_url: str) -> Finding:
    parts = urlsplit(webhook_url)
    host = parts.hostname or ""
    if parts.scheme != "https":
        return Finding(
            "webhooks", False, f"{webhook_url} is not https", "set public_url to the https URL of this server"
        )
    if _is_private(host):
        return Finding(
            "webhooks", False, f"{host} cannot be reached from the internet", "set public_url to a name that can"
        )
    return Finding(
        "webhooks",
        True,
        f"texts are posted to {webhook_url}",
        "if they are refused for their signature, that is not the URL which the provider calls: correct public_url",
    )


def _is_private(host: str) -> bool:
    try:
        return not ip_address(host).is_global
    except ValueError:
        return host == "localhost" or host.endswith((".localhost", ".local", ".internal")) or "." not in host


def _account(said: dict[str, Any]) -> Finding:
    status, kind = harmless(str(said.get("status"))), harmless(str(said.get("type")))
    if status != "active":
        return Finding(
            "account", False, f"it is {status}", "ask the provider why; nothing is sent or received meanwhile"
        )
    if kind == "Trial":
        return Finding(
            "account",
            True,
            "it is active, for trial: it reaches verified numbers only, and puts a line before each text",
        )
    return Finding("account", True, "it is active")


def _numbers(rows: list[dict[str, Any]], webhook_url: str, prefix: str) -> list[Finding]:
    """Say which of our numbers lead elsewhere; others of the account may."""
    strayed = _strayed(rows, webhook_url, prefix)
    right = sum(_leads_to(row, webhook_url) for row in rows)
    others = len(rows) - len(strayed) - right
    summary = f"{right} lead here" + (f", {others} of the account's serve something else" if others else "")
    advice = "let ravi-server phone doctor --fix set its webhook"
    return [
        Finding("numbers", True, summary),
        *(Finding(_about(row), False, _elsewhere(row), advice) for row in strayed),
    ]


def _strayed(rows: list[dict[str, Any]], webhook_url: str, prefix: str) -> list[dict[str, Any]]:
    ours = [row for row in rows if str(row.get("friendly_name", "")).startswith(prefix)]
    return [row for row in ours if not _leads_to(row, webhook_url)]


def _about(row: dict[str, Any]) -> str:
    return f"number {harmless(str(row.get('phone_number')))}"


def _leads_to(row: dict[str, Any], webhook_url: str) -> bool:
    return row.get("sms_url") == webhook_url and row.get("sms_method") == "POST" and not row.get("sms_application_sid")


def _elsewhere(row: dict[str, Any]) -> str:
    if row.get("sms_application_sid"):
        return "its texts go to an application, whatever its URL is"
    url = harmless(str(row.get("sms_url") or "")) or "nowhere"
    return f"its texts go to {url} with {harmless(str(row.get('sms_method')))}"


def _withheld(texts: list[dict[str, Any]]) -> list[Finding]:
    counted = Counter(text.get("error_code") for text in texts if isinstance(text.get("error_code"), int))
    found = [
        Finding(f"error {code}", False, f"{counted[code]} of the latest {len(texts)} texts {what}", advice)
        for code, (what, advice) in _WITHHELD.items()
        if counted[code]
    ]
    if not counted[30038]:
        found.append(Finding("codes", True, "none was withheld lately; the provider may do that (error 30038)"))
    return found
