"""What in a message is new: the lines above and beside the ones that it quotes."""

import re

#: A line that introduces the message that is answered. What is forwarded, on the other hand, is what is to be read.
_ANSWERED = re.compile(
    r"\n[ ]{0,8}(?:"
    r"-{2,}[ ]?(?:original message|ursprungliche nachricht|message d.origine|mensaje original|mensagem original|"
    r"messaggio originale|oorspronkelijk bericht|ursprungligt meddelande|oprindelig meddelelse|alkuperainen viesti|"
    r"wiadomosc oryginalna|puvodni zprava|eredeti uzenet|исходное сообщение|пересылаемое сообщение|original-nachricht|"
    r"原始邮件|原始郵件|元のメッセージ|원본 메일|원본 메시지)"
    r"|(?:on|am|le|el|em|il|op|den|dnia|dne)\b[^\n]{4,200}(?:wrote|schrieb[^\n:]{0,80}|a ecrit|escribio|escreveu|"
    r"ha scritto|schreef[^\n:]{0,80}|skrev[^\n:]{0,80}|napisal[^\n:]{0,40}|napsal[^\n:]{0,40})[ ]?:[ ]?$"
    r"|[^\n]{4,200}(?:написал[^\n:]{0,60}|пише|yazdi|写道|寫道|のメール|님이 작성|كتب)[ ]?:[ ]?$"
    r")",
    re.MULTILINE,
)
#: The header of the message that is answered, as some programs copy it: From, then Sent or Date.
_HEADER = re.compile(
    r"\n[ *]{0,8}(?:from|von|de|da|van|fra|fran|lahettaja|od|od kogo|felado|απο|от|від|kimden|מאת|من"
    r"|差出人|发件人|寄件者|보낸 사람)"
    r"[* ]{0,3}:[^\n]{1,200}\n[ *]{0,8}"
    r"(?:sent|date|gesendet|datum|envoye|enviado(?: el)?|enviada|fecha|data|inviato|verzonden|sendt|skickat|lahetetty"
    r"|wyslano|odeslano|elkuldve|trimis|ημερομηνια|отправлено|дата|надіслано|gonderme tarihi|tarih|נשלח|تاريخ|送信日時"
    r"|发送时间|日期|寄件日期|보낸 날짜)[* ]{0,3}:",
    re.MULTILINE,
)
_FORWARDED = re.compile(r"(?:fwd?|wg|tr|rv|enc|i|vs|vb|doorst|пересл|转发|轉寄|転送)[ ]?:")
_QUOTED = re.compile(r"^[ ]{0,3}>.*$", re.MULTILINE)


def new_part(subject: str, text: str) -> int:
    """Return where in *text* (both keyed) the message ends that was written last."""
    if _FORWARDED.match(subject.lstrip()):
        return len(text)
    if ":" not in text and "--" not in text:  # something of them is in every line that is looked for
        return len(text)
    # Lines are looked for by the line break before them, which is found many times faster than where a line begins.
    found = [match.start() for pattern in (_ANSWERED, _HEADER) if (match := pattern.search(f"\n{text}"))]
    return min(found, default=len(text))


def without_quotes(text: str) -> str:
    """Return *text* with quoted lines (`> …`) blank; everything else stays where it is."""
    return _QUOTED.sub(lambda line: " " * len(line[0]), text) if ">" in text else text
