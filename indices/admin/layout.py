"""The form of a methodology in fieldsets; what is rarely used is folded away until somebody uses it."""

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from django.utils.translation import gettext_lazy as _

from indices.calc.rules import BlendPart, Rules
from indices.forms import START, rules_as_initial

Row = str | tuple[str, ...]


class Group(NamedTuple):
    """Rules that are shown together; a rare group is folded while it says nothing of its own."""

    title: Any
    rows: tuple[Row, ...]
    is_rare: bool = False


GROUPS = (
    Group(_("Which assets"), ("sectors", "exclude", "min_age_days", ("liquidity_enter", "liquidity_stay"))),
    Group(
        _("Which assets: more screens"),
        (
            "token_types", "jurisdictions_out", "min_price", ("market_cap_enter", "market_cap_stay"),
            ("traded_ratio_enter", "traded_ratio_stay"), ("diligence_enter", "diligence_stay"), "streak",
        ),
        is_rare=True,
    ),
    Group(_("How many"), ("rank_by", ("count", "enter", "keep"), "min_count")),
    Group(_("How many: returns and votes"), ("rank_days", ("quorum", "ballot_days")), is_rare=True),
    Group(_("How much of each"), ("scheme", "alpha")),
    Group(
        _("How much of each: risk and lean"), (("risk_days", "shrinkage"), ("tilt", "tilt_strength")), is_rare=True
    ),
    Group(_("How much of each: parts of a blend"), tuple(f"blend_{part.value}" for part in BlendPart), is_rare=True),
    Group(_("Limits"), (("cap", "floor"), ("sector_cap", "turnover_limit"))),
    Group(_("Limits: special cases"), ("cap_largest", "cap_flexible", "cap_relaxes", "drop_below"), is_rare=True),
    Group(
        _("When"),
        (("schedule", "rebalance_schedule", "recap_schedule"), "roll", ("cutoff_lead_days", "announce_lead_days")),
    ),
    Group(
        _("Triggers"),
        (
            ("band_absolute", "band_relative"), ("band_lower", "band_upper"), "band_aggregate", "rebalance_to",
            ("vol_target", "vol_deadband"), ("vol_high", "vol_low", "vol_exposure"), ("cooldown_days", "max_triggers"),
        ),
        is_rare=True,
    ),
    Group(
        _("Signals and sleeve"),
        (
            ("signals", "gate"), ("gate_neutral", "gate_bear"), ("trend_fast", "trend_slow"),
            ("signal_hold", "signal_min_days"), "residual", "sleeve", "proceeds",
        ),
        is_rare=True,
    ),
    Group(_("Costs"), (("fee", "half_spread"), ("impact", "notional")), is_rare=True),
)  # fmt: skip


def fieldsets_for(rules: Rules | None, *, unfolded: bool) -> list[tuple[Any, dict[str, Any]]]:
    """Return the fieldsets of all rules; a rare one is folded where these rules are as a new version has them."""
    shown = rules_as_initial(rules or START)
    folded = [group for group in GROUPS if group.is_rare and not unfolded and _is_idle(group, shown)]
    return [
        (group.title, {"fields": group.rows, "classes": ("collapse",) if group in folded else ()}) for group in GROUPS
    ]


def _is_idle(group: Group, shown: Mapping[str, Any]) -> bool:
    start = rules_as_initial(START)
    return all(shown[name] == start[name] for name in names_of(group))


def names_of(group: Group) -> Iterator[str]:
    """Yield the fields of a group."""
    for row in group.rows:
        yield from (row,) if isinstance(row, str) else row
