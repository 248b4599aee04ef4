"""Checks that stand in Python: refusals, scopes, signatures, and whose rows are asked for."""

import ast
import re
from collections.abc import Iterator

from ravi.wire.scopes import ACCOUNT_SCOPES, IDENTITY_SCOPES, Scope
from tests.mutations.sites import Site, Source

#: What is raised where somebody may not, must not any more, or has not proved it; each with its kind.
_REFUSALS = {
    r"(?:\w+\.)?(?:Unauthenticated|BadCredentials|TokenReused|_no_token|_void|_used)": "tombstone check",
    r"(?:\w+\.)?(?:IdentityDisabled|IdentityDeleted|MailboxGone|MailboxDisabled|_deleted|ended)": "tombstone check",
    r"errors\.(?:Code|Grant)\w+|GrantUnreadable|(?:errors\.)?AuthorizationPending": "tombstone check",
    r"WebhookRefused|SsoTokenRefused|_Missing": "signature check",
    r"(?:\w+\.)?(?:Forbidden|RecipientNotAllowed|BindRefused|SelectorsDiffer|_foreign|_not_allowed)": "fence",
    r"(?:\w+\.)?(?:\w*NotFound|NoInbox|NoPhone|NoSuchMailbox|UuidTaken)": "fence",
    r"RestrictedOtherwise|IdempotencyMismatch|PlaintextRefused": "fence",
}
#: Carriers refuse misshapen webhooks by the same name as forged ones; these functions decide about the latter.
_ABOUT_FORGERIES = re.compile(r"\b(?:verify|verified_fields|reading|is_signed|Loopback\.read|check|_read|understand)$")
#: Functions that say whether something has ended.
_SAY_ENDED = re.compile(r"\b(?:_over|_ended|is_over|_gone|_is_gone|_held|disabled|released|_expired)$")
#: Words of a condition that is about what has ended, where nothing is raised.
_ENDED = re.compile(r"\b(?:disabled|revoked|expired|is_over|held|ended|enabled|used_at|expires_at|released)\b")
_SIGNATURES = re.compile(r"(?:hmac\.)?compare_digest|pwhash\.verify|self\._?public\.verify|verify|_checksum")

#: A credential of every kind has it.
_ANYBODY = Scope.SESSION


def refusals(source: Source) -> Iterator[Site]:
    """Yield each condition of an `if` that refuses; of several reasons, each."""
    for node in ast.walk(source.tree):
        if not isinstance(node, ast.If):
            continue
        last = node.body[-1]
        kind = None
        if isinstance(last, ast.Raise) and last.exc is not None:
            raised = ast.unparse(last.exc.func if isinstance(last.exc, ast.Call) else last.exc)
            kind = next((kind for pattern, kind in _REFUSALS.items() if re.fullmatch(pattern, raised)), None)
        elif isinstance(last, ast.Return | ast.Continue) and _ENDED.search(ast.unparse(node.test)):
            kind = "tombstone check"
        if kind is None or _SIGNATURES.search(ast.unparse(node.test)):
            continue
        if kind == "signature check" and not _ABOUT_FORGERIES.search(source.function(node.lineno)):
            continue
        reasons = node.test.values if isinstance(node.test, ast.BoolOp) and isinstance(node.test.op, ast.Or) else None
        for reason in reasons or [node.test]:
            start, end = source.span(reason)
            # The condition is still worked out: what it binds by `:=` may be needed further down.
            yield source.site(kind, start, end, f"(({source.text[start:end]}) and False)")


def verdicts(source: Source) -> Iterator[Site]:
    """Yield what functions return that say whether something has ended."""
    for node in ast.walk(source.tree):
        if isinstance(node, ast.Return) and isinstance(node.value, ast.BoolOp | ast.Compare | ast.Call):
            if not _SAY_ENDED.search(source.function(node.lineno)):
                continue
            several = isinstance(node.value, ast.BoolOp) and isinstance(node.value.op, ast.Or)
            for reason in node.value.values if several and isinstance(node.value, ast.BoolOp) else [node.value]:
                yield source.site("tombstone check", *source.span(reason), "False")


def signatures(source: Source) -> Iterator[Site]:
    """Yield each comparison of a signature, a checksum or a secret."""
    for node in ast.walk(source.tree):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Call) and _verifies(node.value.func):
            yield source.site("signature check", *source.span(node), "pass")
        elif (isinstance(node, ast.Call) and _verifies(node.func)) or (
            isinstance(node, ast.Compare) and ast.unparse(node.left).startswith("_checksum(")
        ):
            yield source.site("signature check", *source.span(node), "True")


def _verifies(function: ast.expr) -> bool:
    text = ast.unparse(function)
    return text != "_checksum" and _SIGNATURES.fullmatch(text) is not None


def scopes(source: Source) -> Iterator[Site]:
    """
    Yield each check of a scope, and each scope that a route declares.

    A route that asks who is calling cannot be declared without a scope; it gets one that everybody has. Where its own
    is one that owners and identities both have, that would change nothing: such a route gets none, if it can.
    """
    for node in ast.walk(source.tree):
        if isinstance(node, ast.Expr) and re.search(r"\.require_scope\(", ast.unparse(node)):
            yield source.site("scope check", *source.span(node), "pass")
        if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            continue
        asks_who = any(arg.annotation and ast.unparse(arg.annotation) == "Principal" for arg in node.args.args)
        for decorator in node.decorator_list:
            for keyword in decorator.keywords if isinstance(decorator, ast.Call) else []:
                if keyword.arg != "scope" or not (
                    declared := re.fullmatch(r"Scope\.(\w+)", ast.unparse(keyword.value))
                ):
                    continue
                shared = Scope[declared[1]] in ACCOUNT_SCOPES & IDENTITY_SCOPES
                if not shared or not asks_who:
                    instead = "None" if shared else f"Scope.{_ANYBODY.name}"
                    yield source.site("scope check", *source.span(keyword.value), instead)


def selections(source: Source) -> Iterator[Site]:
    """Yield each choice between an identity's rows and the account's, and what hangs on being bound to one."""
    for node in ast.walk(source.tree):
        if isinstance(node, ast.IfExp) and re.search(r"\bwho\.(?:identity|bound)\b", ast.unparse(node.test)):
            empty = ast.unparse(node.orelse)
            if empty in ("None", "''", "0"):
                yield source.site("identity filter", *source.span(node), empty)
        elif isinstance(node, ast.If) and re.search(r"\bwho\.bound\b", ast.unparse(node.test)):
            start, end = source.span(node.test)
            yield source.site("fence", start, end, f"(({source.text[start:end]}) and False)")
