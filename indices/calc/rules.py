"""The rules of an index as they stand in a methodology: read strictly, written exactly, told in plain words."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass, fields
from datetime import date
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from typing import Any, Self

SECTORS = (
    "payments", "layer1", "layer2", "defi", "ai", "memecoin", "gaming", "nft", "rwa", "privacy", "infrastructure",
    "exchange", "stablecoin", "wrapped",
)  # fmt: skip
SECTOR_NAMES = {"layer1": "layer 1", "layer2": "layer 2", "defi": "DeFi", "ai": "AI", "nft": "NFT"} | {
    "rwa": "real-world assets"
}
EXCLUSIONS = {
    "stable": "stablecoins",
    "wrapped": "wrapped and staked assets",
    "pegged": "assets pegged to another",
    "security": "tokenised securities",
    "exchange": "exchange tokens",
    "meme": "memecoins",
    "privacy": "privacy coins",
}
ALPHAS = {
    Decimal(1): "in proportion to market cap",
    Decimal("0.5"): "in proportion to the square root of market cap",
    Decimal(0): "equally",
}


class Schedule(StrEnum):
    """How often a basket is reconstituted."""

    MONTHLY = "monthly"
    QUARTERLY = "quarterly"


class RulesError(ValueError):
    """A rule cannot be read or contradicts another; `field` names it."""

    def __init__(self, field: str, message: str) -> None:
        """Keep the field beside the words."""
        super().__init__(f"{field}: {message}")
        self.field = field
        self.message = message


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """What a methodology says. Money in USD, shares as fractions of 1.

    sectors : sectors admitted; empty admits all
    exclude : keys of EXCLUSIONS that keep an asset out
    min_age_days : days since an asset's first price
    liquidity_enter, liquidity_stay : median value traded a day over 90 days that a newcomer and a constituent need
    count, enter, keep : size of the basket, rank that enters at once, rank down to which a constituent stays
    min_count : fewer eligible assets leave the old basket in force
    alpha : weights go with market cap to this power: 1, 0.5 or 0
    cap, floor : limits of one weight; None is no limit
    schedule : when a new basket takes effect: the first day of a month or of a quarter
    cutoff_lead_days : days between the day whose close is the last to count and the effective day
    """

    sectors: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ("stable", "wrapped", "pegged", "security")
    min_age_days: int = 90
    liquidity_enter: Decimal = Decimal(5_000_000)
    liquidity_stay: Decimal = Decimal(3_000_000)
    count: int
    enter: int
    keep: int
    min_count: int
    alpha: Decimal
    cap: Decimal | None = None
    floor: Decimal | None = None
    schedule: Schedule
    cutoff_lead_days: int = 1

    def __post_init__(self) -> None:
        """Refuse rules that contradict each other."""
        for check in (self._check_names, self._check_numbers, self._check_ranks, self._check_limits):
            check()

    @classmethod
    def from_params(cls, params: Mapping[str, Any]) -> Self:
        """Read a methodology's JSON; whole numbers are ints, all others strings, so that no digit is lost.

        Raises RulesError that names the field.
        """
        if not isinstance(params, Mapping):
            raise RulesError("params", "are an object with one entry for each rule.")
        known = {field.name: field.type for field in fields(cls)}
        for name in params:
            if name not in known:
                raise RulesError(str(name), "is not a rule.")
        read = {name: _READERS[known[name]](name, value) for name, value in params.items()}
        missing = [name for name in ("count", "enter", "keep", "min_count", "alpha", "schedule") if name not in read]
        if missing:
            raise RulesError(missing[0], "is missing.")
        return cls(**read)

    def to_params(self) -> dict[str, Any]:
        """Return the JSON that `from_params` reads back to equal rules."""
        return {name: _to_json(value) for name, value in asdict(self).items()}

    def _check_names(self) -> None:
        for name, allowed in (("sectors", SECTORS), ("exclude", tuple(EXCLUSIONS))):
            for value in getattr(self, name):
                if value not in allowed:
                    raise RulesError(name, f"{value!r} is none of {', '.join(allowed)}.")

    def _check_numbers(self) -> None:
        for name, least, most in (("min_age_days", 0, 3650), ("cutoff_lead_days", 1, 28), ("count", 1, 500)):
            if not least <= getattr(self, name) <= most:
                raise RulesError(name, f"is between {least} and {most}, not {getattr(self, name)}.")
        if not 0 <= self.liquidity_stay <= self.liquidity_enter:
            raise RulesError("liquidity_stay", "is between 0 and the value that a newcomer needs.")
        if self.alpha not in ALPHAS:
            raise RulesError("alpha", f"is 1, 0.5 or 0, not {self.alpha}.")

    def _check_ranks(self) -> None:
        if not 0 <= self.enter <= self.count:
            raise RulesError("enter", f"is between 0 and the count of {self.count}, not {self.enter}.")
        if self.keep < self.count:
            raise RulesError("keep", f"is at least the count of {self.count}, not {self.keep}.")
        if not 1 <= self.min_count <= self.count:
            raise RulesError("min_count", f"is between 1 and the count of {self.count}, not {self.min_count}.")

    def _check_limits(self) -> None:
        if self.cap is not None and not 0 < self.cap <= 1:
            raise RulesError("cap", f"is above 0 and at most 1, not {self.cap}.")
        if self.floor is not None and not 0 <= self.floor < 1:
            raise RulesError("floor", f"is at least 0 and below 1, not {self.floor}.")
        if self.cap is not None and self.cap * self.count < 1:
            raise RulesError("cap", f"{self.count} assets of at most {self.cap:.2%} each cannot make up the whole.")
        if self.floor is not None and self.floor * self.count > 1:
            raise RulesError("floor", f"{self.count} assets of at least {self.floor:.2%} each are more than the whole.")


def describe(rules: Rules) -> list[str]:
    """Return the methodology in plain words, one sentence a rule."""
    sectors = ", ".join(SECTOR_NAMES.get(name, name) for name in rules.sectors)
    excluded = ", ".join(EXCLUSIONS[name] for name in EXCLUSIONS if name in rules.exclude)
    words = [
        f"Assets of the sector {sectors} may enter." if sectors else "Assets of every sector may enter.",
        f"Kept out: {excluded}." if excluded else "",
        f"An asset has had a price for {rules.min_age_days} days or more." if rules.min_age_days else "",
        f"Its median value traded a day over 90 days is at least {_usd(rules.liquidity_enter)} to enter and "
        f"{_usd(rules.liquidity_stay)} to stay."
        if rules.liquidity_enter
        else "",
        "Eligible assets are ranked by market cap.",
        _ranks_in_words(rules),
        f"With fewer than {rules.min_count} eligible assets the basket before stays in force.",
        f"Weights are set {ALPHAS[rules.alpha]}.",
        _limits_in_words(rules),
        f"{_SCHEDULES[rules.schedule]} It is set from what was known at the close {_days(rules.cutoff_lead_days)}.",
        "Between reviews the basket holds units, so weights drift with prices.",
    ]
    return [sentence for sentence in words if sentence]


def effective_days(schedule: Schedule, start: date, end: date) -> Iterator[date]:
    """Yield the days from start to end on which a new basket takes effect: firsts of a month or of a quarter."""
    step = 1 if schedule == Schedule.MONTHLY else 3
    year, month = start.year, start.month
    while (first := date(year, month, 1)) <= end:
        if first >= start and (month - 1) % step == 0:
            yield first
        year, month = (year, month + 1) if month < 12 else (year + 1, 1)


_SCHEDULES = {
    Schedule.MONTHLY: "A new basket takes effect at the close of the first day of each month.",
    Schedule.QUARTERLY: "A new basket takes effect at the close of the first day of January, April, July and October.",
}


def _ranks_in_words(rules: Rules) -> str:
    return (
        f"The basket holds {rules.count} assets: the first {rules.enter} ranks are in, a constituent stays down to "
        f"rank {rules.keep} while there is room, and the next best fill what is left."
    )


def _limits_in_words(rules: Rules) -> str:
    limits = [f"at most {_percent(rules.cap)}"] if rules.cap is not None else []
    limits += [f"at least {_percent(rules.floor)}"] if rules.floor else []
    if not limits:
        return ""
    return f"Each weight is {' and '.join(limits)}; what a limit cuts off goes to the others in proportion."


def _percent(share: Decimal) -> str:
    return f"{(share * 100).normalize():f}%"


def _usd(amount: Decimal) -> str:
    return f"${amount:,.0f}"


def _days(count: int) -> str:
    return "of the day before" if count == 1 else f"{count} days before"


def _to_json(value: object) -> Any:
    if isinstance(value, Decimal):
        return f"{value.normalize():f}"
    if isinstance(value, Schedule):
        return value.value
    return list(value) if isinstance(value, tuple) else value


def _read_whole(name: str, value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, int):
        raise RulesError(name, f"is a whole number, not {value!r}.")
    return value


def _read_decimal(name: str, value: object) -> Decimal:
    if isinstance(value, bool) or not isinstance(value, str | int):
        raise RulesError(name, f"is a number written as a string, not {value!r}.")
    try:
        number = Decimal(value)
    except InvalidOperation:
        raise RulesError(name, f"is a number, not {value!r}.") from None
    # A digit more than a weight can hold, or a size no market has, is a slip of the pen.
    if not number.is_finite() or abs(number) >= Decimal(10) ** 18 or number != round(number, 12):
        raise RulesError(name, f"has at most 18 digits before and 12 after the point: {value!r} has not.")
    return number


def _read_limit(name: str, value: object) -> Decimal | None:
    return None if value is None else _read_decimal(name, value)


def _read_names(name: str, value: object) -> tuple[str, ...]:
    if not isinstance(value, list | tuple) or not all(isinstance(entry, str) for entry in value):
        raise RulesError(name, "is a list of names.")
    return tuple(dict.fromkeys(value))


def _read_schedule(name: str, value: object) -> Schedule:
    if value not in list(Schedule):
        raise RulesError(name, f"is {' or '.join(Schedule)}, not {value!r}.")
    return Schedule(str(value))


_READERS: dict[object, Callable[[str, object], Any]] = {
    int: _read_whole,
    Decimal: _read_decimal,
    Decimal | None: _read_limit,
    tuple[str, ...]: _read_names,
    Schedule: _read_schedule,
}
