"""Words that stand in somebody else's mail alone: to search for them, however they are written, finds nothing."""

from itertools import product
from urllib.parse import urlencode

from tests.contract.matrix.answers import same
from tests.contract.matrix.cast import NO_NUMBER, NOWHERE, Cast, cast_on, ok

#: Where words are looked for, and by what name.
PLACES = [
    ("/api/email-messages/", "q"),
    ("/api/email-messages/", "from_email"),
    ("/api/contacts/", "search"),
    ("/api/contacts/search/", "q"),
    ("/api/identities/", "name"),
    ("/api/identities/", "prefix"),
    ("/api/secrets/", "key"),
    ("/api/passwords/", "domain"),
    ("/api/mfa/", "name"),
]

#: How a word may be asked for: `{}` is the word, `{half}` its beginning, the others are its owner's.
QUERIES = [
    "{}",
    "{half}",
    "{half}*",
    '"{}"',
    "{} OR {}",
    "nothing OR {}",
    "nothing NOT nothing OR {}",
    "NEAR({} {})",
    "words:{}",
    "{{words}}:{}",
    "({})",
    "^{}",
    "-{}",
    "%{half}%",
    "_{half}%",
    "{half}:*",
    "!nothing | {}",
    "{} & {}",
    "'{}'",
    "' OR text LIKE '%{half}%",
    "§{id}§{}",
    "§{id}§",
    "i{id} {}",
    "{id}",
    "{uuid}",
    "{email}",
    "@{}.example",
    "{}.example",
    "friend@{}.example",
]

#: Where the query has no syntax, nor an index that all identities share, these will do.
PLAIN = ("{}", "{half}", "%{half}%", "' OR text LIKE '%{half}%", "{uuid}", "friend@{}.example")

CALLERS = {"mine": ("sibling", "foreign", "gone", "lost"), "foreign": ("mine",), "eve": ("mine", "sibling", "gone")}


def asked(template: str, word: str, cast: Cast, owner: str) -> str:
    """*template* about *owner*, whose word it is, or about nobody."""
    nobody = {"id": NO_NUMBER, "uuid": NOWHERE, "email": "nobody@in.ravi.localhost"}
    whose = {name: cast.identities.get(owner, nobody)[name] for name in nobody}
    return template.format(*[word] * 4, half=word[:-2], **whose)


async def test_words_that_others_alone_have_find_nothing(database_url: str) -> None:
    surprises = []
    async with cast_on(database_url) as cast:
        for name, (path, parameter), template in product(CALLERS, PLACES, QUERIES):
            if parameter != "q" and template not in PLAIN:
                continue
            actor = cast.actors[name]
            nobodys = asked(template, "wordofnobody", cast, "nobody")
            nothing = await actor.get(f"{path}?{urlencode({parameter: nobodys})}")
            for other in CALLERS[name]:
                query = asked(template, f"wordof{other}", cast, other)
                address = f"{path}?{urlencode({parameter: query})}"
                answer = await actor.get(address)
                if not same(answer, query, nothing, nobodys):
                    surprises.append(f"{name}: {address}: {answer.text[:200]}, and of nobody {nothing.text[:200]}")
                if f"wordof{other}" in answer.text.lower() and answer.status_code == 200:
                    surprises.append(f"{name}: {address} shows {answer.text[:200]}")
    assert surprises == [], "\n" + "\n".join(surprises)


async def test_one_s_own_words_are_found(database_url: str) -> None:
    """Or else finding nothing would prove nothing."""
    found: dict[tuple[str, str], int] = {}
    async with cast_on(database_url) as cast:
        for path, parameter in PLACES:
            for word in ("wordofmine", "WORDOFMINE", "wordofmine.example"):
                rows = ok(await cast.world.agent.get(f"{path}?{parameter}={word}"))
                found[path, parameter] = found.get((path, parameter), 0) + len(rows)
    assert [place for place, count in found.items() if not count] == []
