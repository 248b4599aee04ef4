"""
The built-in carrier: numbers that regulators reserve for fiction, so that none can ever reach a stranger.

Texts between them are delivered here and never leave the machine. The world outside is played by
`ravi-server simulate sms`, whose requests are webhooks like any other carrier's, signed with a key of this server.

The n-th number is computed from n, so handing one out needs no look-up, no lock and no retry, and a number is
never issued twice as long as n is not.

Sources: North America, 555-0100 to 555-0199 in every area code in service (NANPA, 555 line numbers); Australia,
5550 xxxx and 7010 xxxx in each region (ACMA, numbers for use in radio, books, film and television); France,
six blocks of ten thousand (ARCEP decision 2018-0881, numbers for audiovisual works).
"""

import hashlib
import hmac
import json
import re

from ravi.errors import NumbersExhausted
from ravi.server.phone.carriers.contract import (
    Allocated,
    Carrier,
    Later,
    Outgoing,
    Reading,
    Received,
    Refused,
    Sent,
    Surroundings,
    Tell,
    Webhook,
    WebhookRefused,
    Wish,
)
from ravi.settings.server_carriers import CarrierUrl

#: Geographic area codes in service in the United States.
_US_AREAS = """
    201 202 203 205 206 207 208 209 210 212 213 214 215 216 217 218 219 220 224 225 228 229 231 234 239 240 248
    251 252 253 254 256 260 262 267 269 270 272 276 281 301 302 303 304 305 307 308 309 310 312 313 314 315 316
    317 318 319 320 321 323 325 330 331 334 336 337 339 346 347 351 352 360 361 385 386 401 402 404 405 406 407
    408 409 410 412 413 414 415 417 419 423 424 425 430 432 434 435 440 443 458 469 470 475 478 479 480 484 501
    502 503 504 505 507 508 509 510 512 513 515 516 517 518 520 530 531 534 539 540 541 551 559 561 562 563 567
    570 571 573 574 575 580 585 586 601 602 603 605 606 607 608 609 610 612 614 615 616 617 618 619 620 623 626
    628 629 630 631 636 641 646 650 651 657 660 661 662 667 669 678 681 682 701 702 703 704 706 707 708 712 713
    714 715 716 717 718 719 720 724 725 727 731 732 734 737 740 747 754 757 760 762 763 765 769 770 772 773 774
    775 779 781 785 786 801 802 803 804 805 806 808 810 812 813 814 815 816 817 818 828 830 831 832 843 845 847
    848 850 854 856 857 858 859 860 862 863 864 865 870 872 878 901 903 904 906 907 908 909 910 912 913 914 915
    916 917 918 919 920 925 928 929 930 931 936 937 938 940 941 947 949 951 952 954 956 959 970 971 972 973 978
    979 980 984 985 989
""".split()

#: Prefix, and how many digits follow it. The area changes with every number, so neighbours do not look alike.
_BLOCKS: list[tuple[list[str], str, int]] = [
    ([f"+1{area}" for area in _US_AREAS], "55501", 2),
    ([f"+61{region}" for region in "2378"], "5550", 4),
    ([f"+61{region}" for region in "2378"], "7010", 4),
    (["+3319900", "+3326191", "+3335301", "+3346571", "+3353649", "+3363998"], "", 4),
]

CAPACITY = sum(len(areas) * 10**digits for areas, _, digits in _BLOCKS)


#: How far the clock of whoever simulates may be off, in seconds.
TOLERANCE = 300
SIGNATURE = "x-ravi-simulation"
_TIME = re.compile(r"[0-9]{1,12}", re.ASCII)


class Loopback(Carrier):
    """Texts between the identities of this server."""

    costs_nothing = True
    instant = True
    stays_here = True

    def __init__(self, name: str, here: Surroundings) -> None:
        super().__init__(name)
        self._here = here
        self._tell: Tell | None = None

    async def allocate(self, wish: Wish) -> Allocated:
        return Allocated(number_of(wish.serial))

    async def release(self, allocated: Allocated) -> None:
        """Nobody is waiting for a number of fiction."""

    async def send(self, text: Outgoing) -> Sent:
        if self._tell is None:
            raise Later("the server is only just starting", maybe_sent=False)
        arrived = await self._tell(
            Received(text.to_number, text.from_number, text.body, key=f"text/{text.id}", certain=True)
        )
        if not arrived:
            raise Refused("the number does not receive")
        return Sent(ref=text.id, progress="delivered")

    async def read(self, webhook: Webhook) -> Reading:
        signature = webhook.headers.get(SIGNATURE, "")
        at, _, _ = signature.partition(",")
        if not _TIME.fullmatch(at) or abs(int(at) - self._here.now().timestamp()) > TOLERANCE:
            raise WebhookRefused("there is no time in the signature, or it is too far from now")
        if not hmac.compare_digest(signature.encode(), sign(self._here.key, int(at), webhook.body).encode()):
            raise WebhookRefused("the signature does not fit")
        try:
            said = json.loads(webhook.body)
            texts = [said[name] for name in ("to", "from", "body", "id")]
        except (ValueError, KeyError, TypeError, RecursionError):
            raise WebhookRefused("the body is not a simulated text") from None
        if not all(isinstance(text, str) for text in texts):
            raise WebhookRefused("the body is not a simulated text")
        to_number, sender, body, id_ = texts
        return Reading((Received(to_number, sender, body, key=simulated_key(id_)),))

    async def run(self, tell: Tell) -> None:
        self._tell = tell


def sign(key: bytes, at: int, body: bytes) -> str:
    """Return the header that a simulated text carries, made at the Unix time *at*: the time, and an HMAC of both."""
    return f"{at},{hmac.new(key, f'{at}.'.encode() + body, hashlib.sha256).hexdigest()}"


def simulated_key(id_: str) -> str:
    """Return the `Received.key` of a simulated text whose body says that *id_*."""
    return f"simulated/{id_}"


def number_of(serial: int) -> str:
    """Return the number for *serial*, counted from 1. Raises NumbersExhausted beyond `CAPACITY`."""
    place = serial - 1
    for areas, middle, digits in _BLOCKS:
        size = len(areas) * 10**digits
        if place < size:
            line, area = divmod(place, len(areas))
            return f"{areas[area]}{middle}{line:0{digits}d}"
        place -= size
    raise NumbersExhausted(f"all {CAPACITY} numbers reserved for fiction are given out")


def open_carrier(url: CarrierUrl, here: Surroundings) -> Loopback:
    """Raises ValueError when the URL says more than `loopback:`."""
    if url.transport or url.user or url.password or url.host or url.path or url.options:
        raise ValueError("loopback takes nothing behind its colon")
    return Loopback(url.name, here)
