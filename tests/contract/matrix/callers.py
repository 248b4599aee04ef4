"""Who asks in the matrix, whose things are not theirs, and what they may call at all."""

from dataclasses import dataclass

from tests.contract.matrix.cast import Cast
from tests.contract.matrix.references import ANSWERS, FORBIDDEN, OTHER_ANSWERS, Told
from tests.contract.matrix.state import account_of, state_of
from tests.contract.matrix.walk import Field, Operation
from tests.contract.test_matrix import AN_IDENTITY_MAY

#: What an account's own credential may not call: it is not the identity that it would have to be.
NOT_THE_ACCOUNT_S = {"POST /api/sso/token/"}


@dataclass(frozen=True)
class Caller:
    """Somebody by the name of an actor in the cast."""

    name: str
    owns: str
    """Whose things are in reach."""
    others: tuple[str, ...]
    """Whose things are not, the living and the dead."""
    bound: bool

    def told(self, operation: Operation, field: Field, kind: str) -> Told:
        """What the declared tables say that this caller is told of others' things."""
        may = operation.name in AN_IDENTITY_MAY if self.bound else operation.name not in NOT_THE_ACCOUNT_S
        if operation.scope is not None and not may:
            return FORBIDDEN
        answers = OTHER_ANSWERS.get((operation.name, field.where, field.name)) or ANSWERS[kind]
        return answers[self.bound]

    def secrets(self, cast: Cast) -> list[str]:
        """What this caller must not be shown, in lower case."""
        return [word.lower() for other in self.others if other in cast.identities for word in cast.words(other)]

    async def protected(self, cast: Cast) -> list[dict[str, list[str]]]:
        """The state of all that this caller cannot change."""
        adas, eves = [await account_of(cast, name) for name in ("mine", "foreign")]
        if self.bound and self.owns == "mine":
            return [await state_of(cast, adas, cast.identities["mine"]["id"]), await state_of(cast, eves)]
        return [await state_of(cast, eves if self.owns == "mine" else adas)]


CALLERS = [
    Caller("mine", "mine", ("sibling", "foreign", "gone", "lost", "dropped"), bound=True),
    Caller("mine, by a token", "mine", ("sibling", "foreign"), bound=True),
    Caller("foreign", "foreign", ("mine", "lost"), bound=True),
    Caller("ada", "mine", ("foreign", "lost", "dropped"), bound=False),
    Caller("ada's key", "mine", ("foreign",), bound=False),
    Caller("eve", "foreign", ("mine", "sibling", "gone"), bound=False),
]
