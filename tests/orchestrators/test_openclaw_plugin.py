"""The plugin's own checks, with the node and the OpenClaw that it is written for."""

import json
import os
import re
import shutil
import subprocess
import tarfile
from pathlib import Path

import jsonschema
import pytest

from tests.support.docs_blocks import blocks_of
from tests.support.openclaw import PLUGIN, OpenClaw
from tests.support.readers import ROOT

pytestmark = [pytest.mark.timeout(900), pytest.mark.slow]


def test_its_types_fit_those_of_openclaw(openclaw: OpenClaw) -> None:
    done = _run(openclaw, openclaw.plugin / "node_modules" / ".bin" / "tsc", "--noEmit")

    assert (done.returncode, done.stdout) == (0, ""), done.stdout


def test_its_unit_tests_pass_with_every_vector(openclaw: OpenClaw) -> None:
    done = _run(openclaw, openclaw.npm.node, "--test", "test/*.test.ts", RAVI_VECTORS=str(ROOT / "tests" / "vectors"))
    counted = {name: int(number) for name, number in re.findall(r"^\S* ?(pass|fail|skipped) (\d+)$", done.stdout, re.M)}

    assert (done.returncode, counted["fail"], counted["skipped"]) == (0, 0, 0), done.stdout[-8000:]
    assert counted["pass"] > _vectors()


def test_its_package_holds_what_is_built(openclaw: OpenClaw, tmp_path: Path) -> None:
    """Built elsewhere: in the copy that gateways load, they would prefer it."""
    tsc = openclaw.plugin / "node_modules" / ".bin" / "tsc"
    built = _run(openclaw, tsc, "-p", "tsconfig.build.json", "--outDir", tmp_path / "plugin" / "dist")
    assert built.returncode == 0, built.stdout
    for name in ("package.json", "openclaw.plugin.json", "README.md"):
        shutil.copy(PLUGIN / name, tmp_path / "plugin")
    pack = ("pack", tmp_path / "plugin", "--ignore-scripts", "--pack-destination", tmp_path)
    packed = _run(openclaw, openclaw.npm.npm, *pack)
    assert packed.returncode == 0, packed.stderr
    with tarfile.open(next(tmp_path.glob("*.tgz"))) as archive:
        names = {name.removeprefix("package/") for name in archive.getnames()}

    assert {"dist/index.js", "dist/tools/index.js", "openclaw.plugin.json", "package.json", "README.md"} <= names
    assert '"./tools/index.js"' in (tmp_path / "plugin" / "dist" / "index.js").read_text()


def test_its_lock_pins_what_the_package_asks_for_and_names_no_place_to_fetch_from() -> None:
    """Needs no npm, as the next one."""
    package, lock = (json.loads((PLUGIN / name).read_text()) for name in ("package.json", "package-lock.json"))
    root = lock["packages"][""]

    assert root["dependencies"] == package["dependencies"]
    assert root["devDependencies"] == package["devDependencies"]
    assert all(re.fullmatch(r"\d+\.\d+\.\d+", each) for each in package["dependencies"].values())
    assert all("integrity" in each for name, each in lock["packages"].items() if name)
    assert "http" not in re.sub(r'"url": "[^"]+"', "", json.dumps(lock))


def test_the_page_shows_a_configuration_that_the_schema_takes_and_the_guides_is_refused() -> None:
    schema = json.loads((PLUGIN / "openclaw.plugin.json").read_text())["configSchema"]
    page = ROOT / "docs" / "integrations" / "openclaw.md"
    shown = json.loads(next(b.text for b in blocks_of("openclaw.md", page.read_text()) if b.language == "json"))
    config = shown["plugins"]["entries"]["ravi"]["config"]
    check = jsonschema.Draft202012Validator(schema)

    assert list(check.iter_errors(config)) == []
    assert not check.is_valid({**config, "identityKey": "ravi_id_secret"})
    assert not check.is_valid({**config, "keyFile": "ravi_id_secret"})
    assert not check.is_valid({**config, "agents": {"a": "nobody"}})


def _vectors() -> int:
    """How many cases there are in the files that concern whoever holds one identity's key."""
    files = (ROOT / "tests" / "vectors" / f"{topic}.json" for topic in ("derive", "field", "totp"))
    return sum(case["operation"] != "write_uri" for file in files for case in json.loads(file.read_text())["cases"])


def _run(openclaw: OpenClaw, *command: str | Path, **environment: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        command,
        cwd=openclaw.plugin,
        env={"PATH": openclaw.npm.path, "HOME": os.environ["HOME"], **environment},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
