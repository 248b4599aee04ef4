"""What the few characters directly before and behind a token say of it. All texts here are keyed (`folding.keyed`)."""

import re

from ravi.server.extraction.tokens import COVER

_QUOTE_BEFORE = r"[ ]?[\"'«“„(\[「『【*]{0,3}$"
_QUOTE_BEHIND = r"[ \"'»”)\]」』】*]{0,3}"

#: "is", at the end; of "e'" and "on" as much as can be told from other words of the same letters.
_VERB = re.compile(
    r"(?<!\w)(?:is|are|ist|lautet:?|lauten:?|est|es|e'?|este|sunt|jest|to|je|jsou|ar|er|lyder|olan|ialah|adalah|la|ay|ni"
    r"|е|є|это|це|ειναι|yra|ir|luidt|brzmi|zni|kuuluu"
    r"|(?:\w{0,12}kood\w{0,6}|\w{0,12}luku\w{0,4}|\w{0,20}sana\w{0,4}|pin) on|هو|هي|הוא|היא)"
    r"(?: (?:le|la|el|the|die|der|das|il|de|o))?:?"
    + _QUOTE_BEFORE
    + "|(?:は|是|为|為|은|는|이|है|คือ|ແມ່ນ|គឺ):?"
    + _QUOTE_BEFORE
)
_COLON = re.compile("[:=>]" + _QUOTE_BEFORE)
#: "482913 is your …", "482913 - …".
_IS_YOUR = re.compile(
    _QUOTE_BEHIND
    + r"(?:(?:is|ist|est|es|e'?|este|jest|to|je|ar|er|adalah|la|on) [^\W\d]|[-=] ?[^\W\d]|が|是|은|는|הוא|هو)"
)
_WITH = re.compile(
    r"(?:^|[^\w])(?:with|using|mit|avec|con|com|med|met|s|z|ze|cu|с|з)(?: [^\W\d]{1,10})?" + _QUOTE_BEFORE,
)
#: What begins to tell what the number behind it is for: "code for document 88120".
_FOR = re.compile(
    r" (?:for|on|of|fur|zu|zum|zur|pour|para|per|voor|for att|til|till|do|dla|pro|za|na|для|на|за|για|untuk|cho) "
)
#: "is" where it comes last: "482913 is your code".
_VERB_LAST = re.compile(r"[^\W\d]{0,3} ?(?:है|ہے|আছে|ஆகும்|です|でございます|입니다|이다|dir|dur|است)(?!\w)")
_DASH = re.compile(r" ?[-:=] ?")
#: Where and when, and how many at least: such a number is no code.
_BOUND = re.compile(
    r"(?<!\w)(?:at|page|terminal|atm|pier|lane|unit|level|floor|chapter|section|line|least|most|after|before|until|till"
    r"|since|within|over|under|than|sent to|nach|vor|seit|bis|um|unter|mindestens|apres|avant|depuis|desde|hasta"
    r"|despues de|dopo|entro|fino a|ate|depois de|do|после|до|через|pana la|ile|kadar|tot|voor|na) $"
)
#: Whom a text message is to be sent to: "text STOP to 81417".
_SENT_TO = re.compile(
    r"(?<!\w)(?:text|txt|sms|send|reply|stopp?|baja|unreg)(?: [^\s.!?:]{1,12}){0,2}"
    r" (?:to|an|au|al|naar|na|til|till|auf|a|ke|на) $"
)
#: In English the same; in Finnish and Estonian it is "is".
_ON = re.compile(r"(?<!\w)on $")
_COUNTED = re.compile(
    r" ?(?:codes|pins|passwords|passcodes|secs?|seconds?|mins?|minutes?|hours?|days?|weeks?|years?|bits?|bytes?|[kmgt]b"
    r"|times|characters|letters|people|visitors|items|units|pieces|points|tokens|accounts|lines|km|kg|sek|sekunden|minuten|stunden|tage|tagen|secondes"
    r"|heures|jours|segundos|minutos|horas|dias|secondi|minuti|ore|giorni|seconden|uur|dagen|sekunder|minutter|timer"
    r"|sekund|minut|godzin|dni|секунд|минут|часов|дней|хвилин|годин|saniye|dakika|saat|gun|δευτερολεπτα|λεπτα|ωρες)(?!\w)"
)
#: "30% off", "$10 reward", "save 20%": the share is covered already.
_OFF = re.compile(COVER + r" ?(?:off|reward|bonus|credit)(?!\w)|(?<!\w)save (?:up to )?[\d" + COVER + "]")
#: How much of the text before is needed to see what it ends in.
_TAIL = 40


def is_called(keys: str, at: int) -> bool:
    """Whether what stands before *at* ends in "is" or in a colon."""
    before = keys[max(0, at - _TAIL) : at]
    return bool(_COLON.search(before) or _VERB.search(before))


def ends_in_verb(keys: str, at: int) -> bool:
    """Whether what stands before *at* ends in "is"."""
    return bool(_VERB.search(keys[max(0, at - _TAIL) : at]))


def is_yours(keys: str, at: int) -> bool:
    """Whether what stands at *at* begins with "is your"."""
    return bool(_IS_YOUR.match(keys, at))


def is_last(keys: str, at: int) -> bool:
    """Whether at *at* stands an "is" that ends its sentence, in languages where it does."""
    return bool(_VERB_LAST.match(keys, at))


def offers(text: str) -> bool:
    """Whether *text* offers a share off a price."""
    return bool(_OFF.search(text))


def ends_in_with(text: str) -> bool:
    """Whether *text* ends in "with", or in "with" and one more word."""
    return bool(_WITH.search(text[-_TAIL:]))


def is_for(gap: str) -> bool:
    """Whether *gap*, between the name of a code and a number, says what the code is for."""
    return bool(_FOR.match(gap))


def is_dash(text: str) -> bool:
    """Whether *text* is a dash or colon and nothing else."""
    return bool(_DASH.fullmatch(text))


def is_measure(keys: str, start: int, end: int) -> bool:
    """Whether keys[start:end] counts something, says where or when, or is to be dialled (`4417#`)."""
    if keys.startswith("#", end) or _COUNTED.match(keys, end):
        return True
    before = keys[max(0, start - _TAIL) : start]
    return bool(_BOUND.search(before) or _SENT_TO.search(before) or (_ON.search(before) and not _VERB.search(before)))
