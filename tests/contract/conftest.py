"""Every statement of these tests is tried as somebody else, too."""

from tests.support.strangers import strangers

__all__ = ["strangers"]
