"""Refusals of this app; each message is fit for the owner's eyes and says which field it is about."""

from datetime import date
from decimal import Decimal


class RefusedError(Exception):
    """Nothing was written. `field` names the input that the message is about; None: the whole request.

    `str()` begins with the field; `message` leaves it out, for places that stand beside the field already.
    """

    def __init__(self, message: str, *, field: str | None = None) -> None:
        super().__init__(message)
        bare = message.removeprefix(f"{field}: ")
        self.message = bare[:1].upper() + bare[1:]
        self.field = field


class CannotKeepError(RefusedError):
    """A portfolio, wallet or sleeve breaks a rule."""


class CannotRecordError(RefusedError):
    """A transaction breaks a rule of the ledger."""


class ShortfallError(CannotRecordError):
    """A wallet would hold less than nothing of an asset from some day on."""

    def __init__(self, message: str, *, asset: str, day: date, shortfall: Decimal) -> None:
        super().__init__(message, field="quantity")
        self.asset = asset
        self.day = day
        self.shortfall = shortfall


class CannotVoidError(RefusedError):
    """A transaction that no longer counts cannot be corrected, nor one restored whose place is taken."""


class CannotLinkError(RefusedError):
    """Two transactions are not one transfer."""


class CannotInvestError(RefusedError):
    """An amount cannot be invested in an index on a day."""


class CannotImportError(RefusedError):
    """A file cannot be taken in, or its import is not where it could take this step."""


class CannotConnectError(RefusedError):
    """An exchange cannot be connected or read."""


class TokenReusedError(RefusedError):
    """The same token came with other content: it is not a repetition, and not a new request either."""

    def __init__(self) -> None:
        super().__init__("This request was already used for something else; send it again from a fresh form or key.")
