"""What every suite shares: a clean environment, and the fixtures of `tests/support`."""

import os
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings

ROOT = Path(__file__).resolve().parent.parent

pytest_plugins = [
    "tests.support.postgres",
    "tests.support.databases",
    "tests.support.server",
    "tests.support.cli",
    "tests.support.world",
    "tests.support.readers",
    "tests.support.smsc",
]

# Tests change the working directory; what hypothesis remembers belongs to the checkout, not to where it stood.
os.environ.setdefault("HYPOTHESIS_STORAGE_DIRECTORY", str(ROOT / ".hypothesis"))

# CI tries the same examples each time, so that a red run is about the change. Elsewhere they are drawn anew.
settings.register_profile("ci", derandomize=True)
if os.environ.get("CI"):
    settings.load_profile("ci")

#: What on a developer's machine could change an outcome: our own settings, proxies, certificates, colour, a screen.
UNWELCOME = re.compile(
    r"RAVI_.*|XDG_.*|(?:https?|ftp|all|no)_proxy|SSL_CERT_(?:FILE|DIR)|SSLKEYLOGFILE|REQUESTS_CA_BUNDLE|CURL_CA_BUNDLE"
    r"|NO_COLOR|FORCE_COLOR|CLICOLOR.*|DISPLAY|WAYLAND_DISPLAY|BROWSER|PG[A-Z]+|PYTHON(?:WARNINGS|DEVMODE)",
    re.IGNORECASE,
)


@pytest.fixture(autouse=True)
def clean_environment(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Give the test an empty home and working directory of its own; the value is the home."""
    for name in list(os.environ):
        if UNWELCOME.fullmatch(name):
            monkeypatch.delenv(name)
    place = tmp_path_factory.mktemp("clean")
    home, cwd = place / "home", place / "cwd"
    home.mkdir(mode=0o700)
    cwd.mkdir()
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.chdir(cwd)
    umask = os.umask(0o022)  # `ravi-server` sets that of its process, which in some tests is ours
    os.umask(umask)
    yield home
    os.umask(umask)


@pytest.fixture
def home(clean_environment: Path) -> Path:
    """The test's own, empty home directory; `HOME` points at it."""
    return clean_environment
