"""How much of what an index has to decide its methodology says."""

from collections.abc import Callable

from indices.calc.rules import Rules, Scheme
from indices.calc.safety.items import Item, Topic, state_of

COMPLETE_LEAST = 0.8
"""Least share of the points that the rules answer."""

_SPREADING = {Scheme.EQUAL_RISK, Scheme.INVERSE_VOLATILITY}


def _limits_a_weight(rules: Rules) -> bool:
    is_equal = rules.scheme == Scheme.CAP and rules.alpha == 0
    return rules.cap is not None or is_equal or rules.scheme in _SPREADING


def _limits_a_sector(rules: Rules) -> bool:
    return rules.sector_cap is not None or bool(rules.sectors)


POINTS: tuple[tuple[str, Callable[[Rules], bool]], ...] = (
    ("which kinds of asset are kept out", lambda rules: bool(rules.exclude)),
    ("how long an asset has had a price", lambda rules: rules.min_age_days > 0),
    ("how much of an asset is traded a day", lambda rules: rules.liquidity_enter > 0),
    ("a lower bar for what is held already", lambda rules: rules.liquidity_stay < rules.liquidity_enter),
    ("a buffer of ranks", lambda rules: rules.enter < rules.count or rules.keep > rules.count),
    ("the fewest constituents", lambda rules: rules.min_count > 1),
    ("a largest weight, or weights that spread by themselves", _limits_a_weight),
    ("a largest weight of a sector, or the sectors held", _limits_a_sector),
    ("the calendar of its reviews", lambda rules: bool(rules.schedule)),
    ("days of notice before a basket takes effect", lambda rules: rules.announce_lead_days > 0),
    ("what trades cost", lambda rules: rules.fee + rules.half_spread > 0),
    ("a limit to the turnover of a rebalance", lambda rules: rules.turnover_limit is not None),
    ("more than one voter", lambda rules: not rules.counts_votes or rules.quorum > 1),
)
"""What the rules of any index have to say, and how to tell whether they do; the last one counts where users vote."""


def completeness(rules: Rules) -> Item:
    """Return the share of the points that rules answer, and name those that they leave open.

    Parameters
    ----------
    rules : those in force

    """
    points = POINTS if rules.counts_votes else POINTS[:-1]
    answers = [(point, answers_it(rules)) for point, answers_it in points]
    missing = [point for point, is_answered in answers if not is_answered]
    answered = [point for point, is_answered in answers if is_answered]
    share = len(answered) / len(points)
    return Item(
        key="completeness",
        topic=Topic.COMPLETENESS,
        title="Points that the methodology answers",
        value=share,
        unit="share",
        threshold=COMPLETE_LEAST,
        is_least=True,
        state=state_of(share, COMPLETE_LEAST, is_least=True),
        words=f"Left open: {'; '.join(missing)}." if missing else "It leaves nothing open.",
        working=(
            f"Answered: {'; '.join(answered)}.",
            f"{len(answered)} of {len(points)} points, {share:.2%}.",
        ),
    )
