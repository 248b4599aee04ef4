"""
Saving files under names that strangers chose: inside one folder, never over something, readable by us alone.

A name is made harmless for shells too. Agents paste paths into command lines, and `x;rm -r ~;.pdf` is a name.
"""

from __future__ import annotations

import contextlib
import os

from ravi.errors import RaviError, UsageError

#: What separates or expands something: paths here, on Windows, and in shells.
_ACTIVE = frozenset('<>:"|?*\\/$`;&')
#: What Windows takes for a device, whatever the ending.
_DEVICES = frozenset(("con", "prn", "aux", "nul", "conin$", "conout$"))
_NUMBERED = ("com", "lpt")
#: In bytes; file systems take 255, and a number may have to be added.
_MOST_BYTES = 200
_MOST_TRIES = 1000


class Folder:
    """
    A folder to save files in, held open: renaming it, or putting a link in its place, leads nowhere else.

    It is made, for us alone, if there is nothing at *path*. Raises UsageError when *path* cannot be such a folder.
    """

    def __init__(self, path: str) -> None:
        from ravi.cli.values import absolute

        if not path or "\0" in path:
            raise UsageError("--to needs a folder")
        self._path = absolute(path)  # without a slash at its end, which would follow a link
        flags = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
        try:
            with contextlib.suppress(FileExistsError):
                os.mkdir(self._path, 0o700)
            self._fd = os.open(self._path, flags)
        except OSError as fault:
            if os.path.islink(self._path):
                raise UsageError(
                    f"{path} is a symbolic link", hint="name the folder that it leads to, if that is where you want it"
                ) from None
            raise UsageError(f"{path} cannot be used: {fault.strerror or 'no reason given'}") from None

    def __enter__(self) -> Folder:
        return self

    def __exit__(self, *_: object) -> None:
        os.close(self._fd)

    def save(self, name: str, content: bytes) -> str:
        """
        Write *content* to a new file, called as much like *name* as is safe; return its path.

        Raises RaviError when it cannot be written; then nothing of it is left.
        """
        fd, kept = self._create(safe_name(name))
        try:
            with open(fd, "wb") as file:
                file.write(content)
        except OSError as fault:
            os.unlink(kept, dir_fd=self._fd)
            raise _unwritten(self._path, kept, fault) from None
        return os.path.join(self._path, kept)

    def _create(self, name: str) -> tuple[int, str]:
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
        for number in range(1, _MOST_TRIES + 1):
            tried = name if number == 1 else _numbered(name, number)
            try:
                return os.open(tried, flags, 0o600, dir_fd=self._fd), tried
            except FileExistsError:
                continue
            except OSError as fault:
                raise _unwritten(self._path, tried, fault) from None
        raise RaviError(f"there are {_MOST_TRIES} files called like {name!r} in {self._path} already")


def safe_name(name: str) -> str:
    """
    A name for a file that somebody else called *name*: one component, visible, no device, at most 200 bytes.

    Without controls and characters that turn writing around, and without what a shell would act on.
    """
    import unicodedata

    last = name[-4000:].replace("\\", "/").rstrip("/ ").rpartition("/")[2]
    kept = "".join(
        " " if char.isspace() else "_" if char in _ACTIVE else char
        for char in unicodedata.normalize("NFC", last)
        if char.isspace() or unicodedata.category(char) not in ("Cc", "Cf", "Cs", "Co", "Cn")
    )
    kept = _shortened(" ".join(kept.split()).strip(" ."))
    if not kept.strip("_. "):
        return "attachment"
    stem = kept.partition(".")[0].rstrip(" ").lower()
    device = stem in _DEVICES or (stem[:3] in _NUMBERED and len(stem) == 4 and stem[3] in "0123456789¹²³")
    # A dash in front would be taken for a flag, a tilde for somebody's home.
    return f"_{kept}" if device or kept[0] in "-~" else kept


def _shortened(name: str) -> str:
    if len(name.encode()) <= _MOST_BYTES:
        return name
    stem, ending = _split(name)
    room = _MOST_BYTES - len(ending.encode())
    return stem.encode()[:room].decode("utf-8", "ignore").rstrip(" .") + ending


def _numbered(name: str, number: int) -> str:
    stem, ending = _split(name)
    return f"{stem}-{number}{ending}"


def _split(name: str) -> tuple[str, str]:
    """*name* in front of its ending, and the ending with its dot; what is too long for an ending is none."""
    stem, dot, ending = name.rpartition(".")
    return (stem, dot + ending) if stem and len(ending.encode()) <= 20 else (name, "")


def _unwritten(folder: str, name: str, fault: OSError) -> RaviError:
    return RaviError(f"cannot write {os.path.join(folder, name)}: {fault.strerror or 'no reason given'}")
