"""Paragraphs that were broken into lines for transport (RFC 3676)."""


def unflow(text: str, parameters: dict[str, str]) -> str:
    """Return *text* with soft line breaks taken out, if its content type says that they are soft."""
    if parameters.get("format", "").lower() != "flowed":
        return text
    joins_without_blank = parameters.get("delsp", "").lower() == "yes"
    done: list[str] = []
    paragraph: list[str] = []
    depth = 0
    for line in text.split("\n"):
        unquoted = line.lstrip(">")
        line_depth = len(line) - len(unquoted)
        # Space-stuffing: one blank in front protects what begins like a quotation.
        content = unquoted[1:] if unquoted.startswith(" ") else unquoted
        if paragraph and line_depth != depth:
            done.append(_quoted("".join(paragraph), depth))
            paragraph = []
        depth = line_depth
        if content.endswith(" ") and content != "-- ":
            paragraph.append(content[:-1] if joins_without_blank else content)
        else:
            done.append(_quoted("".join([*paragraph, content]), depth))
            paragraph = []
    if paragraph:
        done.append(_quoted("".join(paragraph), depth))
    return "\n".join(done)


def _quoted(text: str, depth: int) -> str:
    return f"{'>' * depth} {text}".rstrip() if depth else text.rstrip(" ") if text != "-- " else text
