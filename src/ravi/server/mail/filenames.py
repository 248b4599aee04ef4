"""Names of attachments, made safe to show and to save."""

import re
import unicodedata

from ravi.server.mail.charsets import clean_line

#: In bytes of UTF-8: file systems take 255, and a caller may want to add something.
MOST_BYTES = 200

_FORBIDDEN = re.compile(r'[<>:"|?*\\/\x00-\x1f\x7f]')
#: Names that Windows gives to devices, whatever their ending.
_RESERVED = re.compile(r"(?:con|prn|aux|nul|conin\$|conout\$|com[0-9¹²³]|lpt[0-9¹²³])(?:\.|$)", re.IGNORECASE)
_ENDINGS = {
    "application/ics": ".ics", "application/json": ".json", "application/ms-tnef": ".dat", "application/pdf": ".pdf",
    "application/pgp-keys": ".asc", "application/pgp-signature": ".asc", "application/pkcs7-signature": ".p7s",
    "application/x-pkcs7-signature": ".p7s", "application/zip": ".zip", "application/gzip": ".gz",
    "audio/mpeg": ".mp3", "audio/ogg": ".ogg", "audio/wav": ".wav", "image/gif": ".gif", "image/heic": ".heic",
    "image/jpeg": ".jpg", "image/png": ".png", "image/svg+xml": ".svg", "image/tiff": ".tiff", "image/webp": ".webp",
    "message/delivery-status": ".txt", "message/rfc822": ".eml", "message/global": ".eml", "text/calendar": ".ics",
    "text/csv": ".csv", "text/html": ".html", "text/markdown": ".md", "text/plain": ".txt", "text/vcard": ".vcf",
    "text/x-vcard": ".vcf", "text/xml": ".xml", "text/rfc822-headers": ".txt", "video/mp4": ".mp4",
    "video/quicktime": ".mov",
}  # fmt: skip


def safe_filename(name: str, content_type: str, position: int) -> str:
    """
    Return a name for the attachment that its sender called *name*: never empty, `.`, `..`, hidden or a device, without
    directories, controls or characters that turn writing around, at most 200 bytes. One is made up where it has none.
    """
    # Both kinds of slashes, because the message does not say on which system it will be read.
    last = name[-4000:].replace("\\", "/").rstrip("/ ").rpartition("/")[2]
    kept = _FORBIDDEN.sub("_", clean_line(unicodedata.normalize("NFC", last), 1000)).strip(" .")
    kept = _shortened(kept)
    if not kept.strip("_"):
        return f"attachment-{position + 1}{_ENDINGS.get(content_type, '.bin')}"
    return f"_{kept}" if _RESERVED.match(kept) else kept


def _shortened(name: str) -> str:
    """Cut *name* to size in front of its ending."""
    if len(name.encode()) <= MOST_BYTES:
        return name
    stem, dot, ending = name.rpartition(".")
    if not dot or len(ending.encode()) > 20 or not stem:
        stem, dot, ending = name, "", ""
    room = MOST_BYTES - len((dot + ending).encode())
    return stem.encode()[:room].decode("utf-8", "ignore").rstrip(" .") + dot + ending
