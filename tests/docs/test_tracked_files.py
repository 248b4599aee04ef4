"""What must not be in any file of this tree: somebody's machine, somebody's registry, somebody's secret."""

import re
import tomllib
from pathlib import Path

from tests.support.tracked import ROOT, tracked_files

# Spelled in pieces, or this file would be the first to fail.
FORBIDDEN = {
    "a registry's host: the ordinary clients know theirs": "|".join(
        host.replace("~", r"\.?") for host in (r"py~pi\.org", r"python~hosted", r"npm~js\.(?:org|com)", r"deb\.deb~ian")
    ),
    "a path of one machine": r"(?<![\w.])/(?:ro{2}t|wor[k]|opt/pypi)(?=/|\b(?!\w))(?:/[\w.-]+)+",
    "a private key": r"-----BEGIN [A-Z ]*PRIVATE" + r" KEY-----",
    "a conflict that was not resolved": r"^(?:<{7}|>{7}) ",
}
BINARY = {".png", ".ico", ".woff2", ".gz", ".db"}

#: (file, what is found there), each harmless.
ALLOWED = {
    (
        "tests/unit/client/tls/server.pem",
        "-----BEGIN PRIVATE" + " KEY-----",
    ),  # a test server's, trusted by that test alone
}


def test_nothing_forbidden_is_in_the_tree() -> None:
    found = []
    for path in tracked_files():
        if path.suffix in BINARY:
            continue
        text = path.read_text(encoding="utf-8")
        for why, pattern in FORBIDDEN.items():
            for match in re.finditer(pattern, text, re.MULTILINE):
                line = text.count("\n", 0, match.start()) + 1
                if (str(path.relative_to(ROOT)), match[0]) not in ALLOWED:
                    found.append(f"{path.relative_to(ROOT)}:{line}: {match[0]!r} is {why}")
    assert found == []


def test_the_patterns_find_what_they_are_for() -> None:
    """Guards the guard."""
    samples = [
        "https://py" + "pi.org/simple",
        "/ro" + "ot/.venv",
        "/wor" + "k/tree",
        "-----BEGIN PRIVATE" + " KEY-----",
    ]
    for sample in samples:
        assert any(re.search(pattern, sample) for pattern in FORBIDDEN.values()), sample
    assert not any(re.search(pattern, "the network/work/life") for pattern in FORBIDDEN.values())


def test_no_file_is_large() -> None:
    """A database, a capture or a built artefact that slipped in."""
    limits = {"requirements.lock": 1_000_000}
    large = {
        str(path.relative_to(ROOT)): size
        for path in tracked_files()
        if (size := path.stat().st_size) > limits.get(path.name, 100_000)
    }
    assert large == {}


def test_scripts_can_be_run() -> None:
    for path in [ROOT / ".ci" / "run", *ROOT.glob("scripts/*.sh")]:
        assert path.stat().st_mode & 0o111, f"{path.name} is not executable"
        assert path.read_text(encoding="utf-8").startswith("#!"), path.name


def test_the_lock_names_no_place_to_fetch_from() -> None:
    lock = Path(ROOT / "requirements.lock").read_text(encoding="utf-8")

    assert "--hash=sha256:" in lock
    assert re.findall(r"^(?:-|--index-url|--find-links|.*@ (?:https?|file):)", lock, re.MULTILINE) == []


def test_every_dependency_is_pinned_with_its_hashes() -> None:
    lock = Path(ROOT / "requirements.lock").read_text(encoding="utf-8").replace("\\\n", " ")
    requirements = [line for line in lock.splitlines() if line.strip() and not line.startswith(("#", " "))]

    assert len(requirements) > 50
    for each in requirements:
        assert re.match(r"[\w.-]+(?:\[[\w,.-]+\])?==[\w.+!-]+ ", each), each
        assert re.search(r" --hash=sha256:[0-9a-f]{64}(?: |$)", each), each


def test_the_command_needs_three_packages_and_the_rest_is_asked_for() -> None:
    """Whoever installs `ravi` on every machine of a fleet trusts as few people as possible."""
    with Path(ROOT / "pyproject.toml").open("rb") as file:
        needed = tomllib.load(file)["project"]["dependencies"]

    assert sorted(re.match(r"[\w-]+", each)[0] for each in needed) == ["PyNaCl", "httptools", "publicsuffixlist"]
