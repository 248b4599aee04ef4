"""What `phone doctor` finds out about a phone, and the one thing that it can put right: webhooks that are missing."""

import hashlib
from typing import Any
from urllib.parse import urlsplit

from ravi.server.phone.carriers.android.app import Answer, App, NoAnswer, harmless
from ravi.server.phone.carriers.android.setup import Setup
from ravi.server.phone.carriers.android.webhooks import EVENTS, health_in_words
from ravi.server.phone.carriers.contract import Finding, Surroundings

_REACHED = "phone reached"
_SIGN_IN = "user and password"
_WEBHOOKS = "webhooks"
_URL = "URL for webhooks"


async def diagnose(app: App, setup: Setup, here: Surroundings) -> list[Finding]:
    """Ask the app how it is and what it would tell us. Sends no text; raises nothing."""
    findings = [_usable_url(here.webhook_url)]
    try:
        health = await app.call("GET", "/health")
        findings.append(Finding(_REACHED, True, f"{setup.who} answers at {setup.base}"))
        findings += _health(health, setup)
        listed = await app.call("GET", "/webhooks")
        if listed.status != 200 or listed.items is None:
            return [*findings, _refused(listed, setup)]
        findings.append(Finding(_SIGN_IN, True, "accepted"))
        findings.append(_registered(listed.items, setup, here))
        findings += await _device(app, setup)
        findings += _settings(await app.call("GET", "/settings"))
    except NoAnswer as failure:
        findings.append(Finding(_REACHED, False, str(failure), _how_to_reach(setup)))
    return findings


async def repair(app: App, setup: Setup, here: Surroundings) -> list[Finding]:
    """Register the webhooks that are missing, and return how that went. Others' webhooks stay as they are."""
    if not (url := _usable_url(here.webhook_url)).fine:
        return [url]
    try:
        listed = await app.call("GET", "/webhooks")
        if listed.status != 200 or listed.items is None:
            return [_refused(listed, setup)]
        return [await _register(app, setup, here, event) for event in _missing(listed.items, setup, here)]
    except NoAnswer as failure:
        return [Finding(_REACHED, False, str(failure), _how_to_reach(setup))]


async def _register(app: App, setup: Setup, here: Surroundings, event: str) -> Finding:
    # An id of this server and carrier: when public_url changes, the old webhook is replaced and none is left behind.
    id_ = "ravi-" + hashlib.sha256(here.key + event.encode()).hexdigest()[:24]
    webhook = {"id": id_, "url": here.webhook_url, "event": event}
    answer = await app.call("POST", "/webhooks", {**webhook, "deviceId": setup.device} if setup.device else webhook)
    if answer.status in (200, 201):
        return Finding(f"webhook {event}", True, "registered")
    return Finding(f"webhook {event}", False, f"{setup.who} {answer.reason}", "register it as the app's manual says")


def _missing(listed: list[dict[str, Any]], setup: Setup, here: Surroundings) -> list[str]:
    registered = [
        item.get("event")
        for item in listed
        if item.get("url") == here.webhook_url and item.get("deviceId") in (None, "", setup.device)
    ]
    return [event for event in EVENTS if event not in registered]


def _registered(listed: list[dict[str, Any]], setup: Setup, here: Surroundings) -> Finding:
    missing = _missing(listed, setup, here)
    if not missing:
        return Finding(_WEBHOOKS, True, f"{len(EVENTS)} registered for {here.webhook_url}")
    elsewhere = sum(item.get("event") in missing for item in listed)
    others = f"; {elsewhere} for other URLs" if elsewhere else ""
    return Finding(
        _WEBHOOKS,
        False,
        f"none for {here.webhook_url} on {', '.join(missing)}{others}",
        "register them with: ravi-server phone doctor --fix",
    )


def _usable_url(webhook_url: str) -> Finding:
    parts = urlsplit(webhook_url)
    if parts.scheme == "https" or parts.hostname == "127.0.0.1":
        return Finding(_URL, True, webhook_url)
    return Finding(
        _URL,
        False,
        f"{webhook_url} is not https, and the app posts to nothing else",
        "set public_url to an https URL that the phone can reach, with a certificate that Android trusts",
    )


def _refused(answer: Answer, setup: Setup) -> Finding:
    if answer.status in (401, 403):
        advice = (
            "copy user and password from the app into the URL of the carrier; they change when it is installed anew"
        )
        return Finding(_SIGN_IN, False, f"{setup.who} refuses them", advice)
    return Finding(_SIGN_IN, False, f"{setup.who} {answer.reason}, not as the app does", _how_to_reach(setup))


def _how_to_reach(setup: Setup) -> str:
    if setup.local:
        return "is the phone on, in this network, at this address, and does the app say Online under Local Server?"
    return "check host, port and path of the carrier's URL, and whether this machine reaches the internet"


def _health(answer: Answer, setup: Setup) -> list[Finding]:
    """Return how the phone is. A gateway server tells only how itself is; the phone tells in its pings."""
    checks = answer.fields.get("checks")
    if not setup.local or not isinstance(checks, dict):
        return []
    troubled = [
        harmless(name) for name, check in checks.items() if isinstance(check, dict) and check.get("status") == "fail"
    ]
    detail = health_in_words(answer.fields) or "says nothing about itself"
    if not troubled:
        return [Finding("health", True, detail)]
    advice = "look after: " + ", ".join(troubled) + "; the app posts webhooks only when the phone is online"
    return [Finding("health", False, detail, advice)]


async def _device(app: App, setup: Setup) -> list[Finding]:
    """Return whether the device that the URL names is there."""
    if not setup.device:
        return []
    answer = await app.call("GET", "/device" if setup.local else "/devices")
    if answer.status != 200 or answer.items is None:
        return []
    if any(item.get("id") == setup.device for item in answer.items):
        return [Finding("device", True, setup.device)]
    known = ", ".join(harmless(item["id"]) for item in answer.items if isinstance(item.get("id"), str))
    return [Finding("device", False, f"{setup.who} knows {known or 'none'}", "put its id into device= of the URL")]


def _settings(answer: Answer) -> list[Finding]:
    """Return whether the phone gives signs of life by itself. Older apps do not tell their settings."""
    ping = answer.fields.get("ping")
    if answer.status != 200 or not isinstance(ping, dict):
        return []
    interval = ping.get("interval_seconds")
    if type(interval) is int and interval > 0:
        return [Finding("ping", True, f"every {interval} seconds")]
    advice = "set an interval in the app under Settings, Ping"
    return [Finding("ping", False, "off: a phone that is silent cannot be told from one that is gone", advice)]
