"""What `import ravi` offers, and what it costs."""

import json
import subprocess
import sys

import pytest

import ravi

PUBLIC = [
    "AsyncClient",
    "Client",
    "ConfigError",
    "Credential",
    "RaviError",
    "Refused",
    "RequestFailed",
    "Settings",
    "Sourced",
    "UsageError",
    "__version__",
    "fleet",
    "resolve",
]


def test_the_public_names_are_these() -> None:
    assert list(ravi.__all__) == PUBLIC == sorted(ravi.__all__)
    assert dir(ravi) == PUBLIC


@pytest.mark.parametrize("name", PUBLIC)
def test_every_public_name_is_there(name) -> None:
    value = getattr(ravi, name)

    assert name == "__version__" or value.__name__.rpartition(".")[2] == name


def test_another_name_is_not() -> None:
    with pytest.raises(AttributeError, match="has no attribute 'nonsense'"):
        ravi.nonsense  # noqa: B018 - the access is the test


def fresh(script: str) -> set[str]:
    """Modules that a new interpreter has after *script* and had not before."""
    code = f"import sys, json; before = set(sys.modules); {script}; print(json.dumps([*set(sys.modules) - before]))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return set(json.loads(done.stdout))


def test_importing_the_package_imports_nothing() -> None:
    assert fresh("import ravi") == {"ravi", "ravi.version"}


def test_an_agents_call_imports_no_more_than_it_needs() -> None:
    script = "from ravi.client.session import Client; from ravi.settings.client import resolve;"
    script += "resolve(environ={'HOME': '/nowhere', 'RAVI_API_KEY': 'k'}, cwd='/');"
    script += "import ravi.client.nouns.own, ravi.client.http1"
    loaded = fresh(script)

    heavy = {
        "asyncio",
        "http.client",
        "urllib.request",
        "urllib.parse",
        "ssl",
        "hashlib",
        "logging",
        "pathlib",
        "aiohttp",
    }
    heavy |= {"dataclasses", "uuid", "datetime", "tempfile", "shutil", "subprocess", "difflib", "email", "fcntl"}
    assert loaded & heavy == set()
    ours = {name for name in loaded if name.startswith("ravi.")}
    assert not {name for name in ours if ".wire." in name} - {"ravi.wire.codes", "ravi.wire.paths"}
    assert not ours & {"ravi.client.tls", "ravi.client.aio", "ravi.client.renewal", "ravi.settings.saved"}
