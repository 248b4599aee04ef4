"""Another Unix user, with a Python and a `ravi` that he can read: those of the tests may lie in a closed home."""

import importlib.metadata
import os
import shutil
import sys
import sysconfig
from pathlib import Path

import ravi

#: Nobody has it, so nobody's files are in its reach by mistake.
UID = 61357
#: What the client needs besides Python, with asyncio too.
NEEDED = (
    "httptools", "publicsuffixlist", "PyNaCl", "cffi", "pycparser", "aiohttp", "aiohappyeyeballs", "aiosignal", "attrs",
    "frozenlist", "multidict", "propcache", "yarl", "idna", "typing_extensions",
)  # fmt: skip
_LEFT_OUT = shutil.ignore_patterns("test", "tests", "idlelib", "tkinter", "site-packages", "config-*", "ensurepip")


def reason_not() -> str:
    """Why there can be no other user here; empty when there can."""
    if os.geteuid() != 0:
        return "only root can become another user: the compromise drill does NOT run"
    return ""


def python_for_others(folder: Path) -> tuple[Path, dict[str, str]]:
    """Return an interpreter that everybody can run, with the client installed, and the variables that it needs."""
    modules = folder / "modules"
    shutil.copytree(Path(ravi.__file__).parent, modules / "ravi", ignore=shutil.ignore_patterns("server"))
    for name in NEEDED:
        for file in importlib.metadata.files(name) or ():
            if ".." not in file.parts:
                target = modules / file
                target.parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(file.locate(), target)
    base = Path(sys.executable).resolve()
    environment = {"PYTHONPATH": str(modules), "PYTHONDONTWRITEBYTECODE": "1"}
    if all(place.stat().st_mode & 0o005 == 0o005 for place in base.parents):
        return base, environment
    version = f"python{sys.version_info.major}.{sys.version_info.minor}"
    copy = folder / "python"
    shutil.copytree(sysconfig.get_path("stdlib"), copy / "lib" / version, ignore=_LEFT_OUT, symlinks=True)
    (copy / "bin").mkdir()
    shutil.copy(base, copy / "bin" / version)
    library = Path(sysconfig.get_config_var("LIBDIR") or "") / (sysconfig.get_config_var("INSTSONAME") or "")
    if library.is_file():
        shutil.copy(library, copy / "lib")
    return copy / "bin" / version, {**environment, "PYTHONHOME": str(copy), "LD_LIBRARY_PATH": str(copy / "lib")}


def hand_over(folder: Path) -> None:
    """Make *folder* and everything in it his, and nobody else's."""
    for path in [folder, *folder.rglob("*")]:
        os.chown(path, UID, UID, follow_symlinks=False)
        if not path.is_symlink():
            path.chmod(0o700 if path.is_dir() else 0o600)
