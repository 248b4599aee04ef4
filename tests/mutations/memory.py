"""What earlier runs have found, for as long as the file that a check stands in stays as it was."""

import hashlib
import json
from collections import Counter
from dataclasses import asdict
from pathlib import Path

from tests.mutations.sites import Site
from tests.mutations.trial import Verdict


class Memory:
    """Verdicts by site, kept in one file."""

    def __init__(self, folder: Path, sites: list[Site], server: Path) -> None:
        self.names = _names(sites)
        folder.mkdir(exist_ok=True)
        self._path = folder / "verdicts.json"
        self._kept: dict[str, dict[str, str | int]] = {}
        if self._path.exists():
            self._kept = json.loads(self._path.read_text())
        self._versions = {file: _version(server / file) for file in {site.file for site in sites}}

    def of(self, site: Site) -> Verdict | None:
        """Return what is known of *site*; None when it has not been tried since its file was changed."""
        kept = self._kept.get(self.names[site])
        if kept is None or kept["version"] != self._versions[site.file]:
            return None
        return Verdict(**{name: value for name, value in kept.items() if name != "version"})  # type: ignore[arg-type]

    def killer_of(self, site: Site) -> str:
        """Return which test noticed it last, whatever has changed since; "" when none ever did."""
        return str(self._kept.get(self.names[site], {}).get("by", ""))

    def keep(self, site: Site, verdict: Verdict) -> None:
        if self._path.exists():  # another run, of other sites, may have written meanwhile
            self._kept = json.loads(self._path.read_text())
        self._kept[self.names[site]] = asdict(verdict) | {"version": self._versions[site.file]}
        self._path.write_text(json.dumps(self._kept, indent=1, sort_keys=True))


def _names(sites: list[Site]) -> dict[Site, str]:
    """Name each site; the second of one name in a function gets `#2` behind it."""
    seen: Counter[str] = Counter()
    names = {}
    for site in sites:
        seen[site.name] += 1
        names[site] = site.name if seen[site.name] == 1 else f"{site.name} #{seen[site.name]}"
    return names


def _version(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()[:16]
