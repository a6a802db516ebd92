"""What a client receives of an index; adding a field is a decision, not an accident."""

from typing import Any

from rest_framework import serializers

from indices.api.fields import FigureField
from indices.models import Holding, Index, IndexRecord, Level, Methodology, Rebalance, Restatement, Review, ReviewLine
from indices.selectors import WINDOWS, Constituent, reason_in_words
from indices.selectors.rulebooks import sentences_of
from indices.services.levels import fixed_of
from market.http import ExactField
from market.models import AssetEvent


class ReturnsPart(serializers.Serializer[Any]):
    """Change of the level over a window, a fraction of 1; null where the index is younger."""

    def get_fields(self) -> dict[str, serializers.Field[Any, Any, Any, Any]]:
        return {window: FigureField(allow_null=True, default=None) for window in WINDOWS}


class FiguresPart(serializers.Serializer[IndexRecord]):
    """How the index has done up to the close of `day`; fractions of 1, losses positive, null is unknown."""

    day = serializers.DateField()
    returns = ReturnsPart(source="figures.returns", default=dict)
    net_returns = ReturnsPart(source="figures.net_returns", default=dict)
    volatility = FigureField(source="figures.volatility", allow_null=True, default=None, help_text="A year.")
    drawdown = FigureField(
        source="figures.drawdown", allow_null=True, default=None, help_text="Below the highest level so far."
    )
    worst_drawdown = FigureField(source="figures.worst_drawdown", allow_null=True, default=None)
    turnover = FigureField(source="figures.turnover", allow_null=True, default=None, help_text="A year, one-way.")


class IndexOut(serializers.Serializer[Index]):
    """An index; `level` and `net` are those of the close of `as_of`, null when suspended."""

    slug = serializers.SlugField()
    name = serializers.CharField()
    summary = serializers.CharField()
    kind = serializers.ChoiceField(choices=Index.Kind.choices)
    tier = serializers.ChoiceField(choices=Index.Tier.choices)
    universe = serializers.ChoiceField(choices=Index.Universe.choices)
    status = serializers.CharField(help_text="active or retired")
    base_value = ExactField()
    base_date = serializers.DateField(allow_null=True, help_text="Null: the first night with enough eligible assets.")
    live_since = serializers.DateField(allow_null=True, help_text="Levels before this day are reconstructed.")
    retired_on = serializers.DateField(allow_null=True)
    as_of = serializers.DateField(allow_null=True)
    level = ExactField(allow_null=True, help_text="Gross of costs.")
    net = ExactField(allow_null=True, help_text="After the estimated costs of all rebalances.")
    level_status = serializers.CharField(allow_null=True)
    figures = FiguresPart(source="record", allow_null=True, default=None)


class LevelOut(serializers.Serializer[Level]):
    """A level at the close of a UTC day; what replaced it, if anything, has the next version."""

    date = serializers.DateField(source="day")
    level = ExactField(source="gross", allow_null=True, help_text="Gross of costs; null when suspended.")
    net = ExactField(allow_null=True, help_text="After the estimated costs of all rebalances.")
    status = serializers.CharField(help_text="final, provisional, suspended or restated")
    version = serializers.IntegerField()
    cause = serializers.CharField(help_text="Why it is no plain close: a carried price, a correction; else empty.")
    recorded_at = serializers.DateTimeField()
    superseded_at = serializers.DateTimeField(allow_null=True, help_text="Null: in force.")


class ConstituentOut(serializers.Serializer[Constituent]):
    """An asset that is in: units an index unit, close in USD, weights as fractions of 1."""

    asset = serializers.CharField(source="asset_id")
    symbol = serializers.CharField()
    name = serializers.CharField()
    units = ExactField()
    price = ExactField(allow_null=True, help_text="Null for the child of a fork before its first close.")
    weight = ExactField(source="exact_weight", help_text="At the day's close.")
    target_weight = ExactField(
        source="target", allow_null=True, help_text="What the review in force decided; null for what came of an event."
    )
    is_sleeve = serializers.BooleanField(help_text="It holds what signals and exposure set free.")
    reason = serializers.CharField(source="code", help_text="A code; empty for what came of an event.")
    reason_in_words = serializers.CharField(source="reason")
    detail = serializers.CharField()


class BasketOut(serializers.Serializer[Any]):
    """What is in force after the close of a day, at that day's closes; ids are of reviews, null without one."""

    day = serializers.DateField(allow_null=True)
    effective_day = serializers.DateField(allow_null=True, help_text="Close at which its units were fixed.")
    chosen_by = serializers.IntegerField(source="chosen_by.pk", default=None, allow_null=True)
    weighed_by = serializers.IntegerField(source="weighed_by.pk", default=None, allow_null=True)
    constituents = ConstituentOut(source="held", many=True)


class ReviewOut(serializers.Serializer[Review]):
    """A review: its days, what became of it, and how much of the base weights its exposure leaves."""

    id = serializers.IntegerField()
    kind = serializers.CharField(help_text="reconstitution, rebalance, recap, trigger or extraordinary")
    status = serializers.CharField(help_text="announced, effective, superseded or needs_review")
    reason = serializers.CharField(help_text="What fired it, or what stood in the way; else empty.")
    methodology = serializers.IntegerField(source="methodology.version", help_text="Version of the rules.")
    cutoff_day = serializers.DateField()
    cutoff_at = serializers.DateTimeField(help_text="Nothing recorded later was looked at.")
    announce_day = serializers.DateField()
    effective_day = serializers.DateField()
    computed_at = serializers.DateTimeField(allow_null=True)
    approved_at = serializers.DateTimeField(allow_null=True)
    exposure = ExactField(allow_null=True, help_text="A fraction of 1; null without a basket.")
    volatility_exposure = ExactField(allow_null=True)
    snapshot_hash = serializers.CharField(help_text="SHA-256 of its inputs.")
    rebalance = serializers.IntegerField(source="rebalance_id", allow_null=True, help_text="What came of it.")


class ReviewLineOut(serializers.Serializer[ReviewLine]):
    """One asset at a review: its figures, the verdict and the reason; money in USD, weights as fractions of 1."""

    asset = serializers.CharField(source="asset_id")
    symbol = serializers.CharField(source="asset.symbol")
    name = serializers.CharField(source="asset.name")
    rank = serializers.IntegerField(allow_null=True, help_text="Null when it was not eligible.")
    market_cap = ExactField(allow_null=True)
    median_volume = ExactField(allow_null=True, help_text="Value traded a day, median of 90 days.")
    age_days = serializers.IntegerField(allow_null=True)
    metrics = serializers.DictField(
        child=serializers.CharField(), help_text="Further figures that the rules looked at, as text."
    )
    is_incumbent = serializers.BooleanField()
    is_selected = serializers.BooleanField()
    is_sleeve = serializers.BooleanField()
    reason = serializers.CharField(help_text="A code.")
    reason_in_words = serializers.SerializerMethodField()
    detail = serializers.CharField()
    raw_weight = ExactField(allow_null=True, help_text="By score alone.")
    base_weight = ExactField(allow_null=True, help_text="After limits and its own signal, before the exposure.")
    weight = ExactField(allow_null=True)

    def get_reason_in_words(self, line: ReviewLine) -> str:
        """Return the reason in a few words."""
        return reason_in_words(line.reason)


class ReviewDetailOut(ReviewOut):
    """A review with a line for every asset of its market, those ranked first, in order of ranks."""

    lines = ReviewLineOut(many=True, source="lines.all")


class EventPart(serializers.Serializer[AssetEvent]):
    """What happened to a constituent."""

    kind = serializers.CharField(help_text="delisting, fork, airdrop, migration, redenomination or merger")
    treatment = serializers.CharField()
    asset = serializers.CharField(source="asset_id")
    new_asset = serializers.CharField(source="new_asset_id", allow_null=True)
    effective_day = serializers.DateField()
    ratio = ExactField(allow_null=True, help_text="Units of the new asset for one of the old.")
    price = ExactField(allow_null=True, help_text="USD.")
    note = serializers.CharField()


class RebalanceOut(serializers.Serializer[Rebalance]):
    """A basket that took effect at the close of a day, and the digests that chain it to the one before."""

    id = serializers.IntegerField()
    kind = serializers.CharField(help_text="review or event")
    review = serializers.IntegerField(source="review_id", allow_null=True)
    event = EventPart(allow_null=True)
    effective_day = serializers.DateField()
    sequence = serializers.IntegerField(help_text="Order of two baskets of one day.")
    version = serializers.IntegerField()
    superseded_at = serializers.DateTimeField(allow_null=True, help_text="Null: in force or followed by a later one.")
    level = ExactField(help_text="At the effective close, the same before and after.")
    divisor = ExactField()
    turnover = ExactField(help_text="One-way, a fraction of 1; 0 for the first basket.")
    cost = ExactField(help_text="Share of the level that the trades cost, a fraction of 1.")
    net_factor = ExactField(help_text="Net level over gross level after it.")
    theta = ExactField(allow_null=True, help_text="Share of the way to the targets that the turnover limit allowed.")
    run_hash = serializers.CharField(help_text="SHA-256 of the inputs.")
    result_hash = serializers.CharField(help_text="SHA-256 of the result.")
    prev_hash = serializers.CharField(help_text="`result_hash` of the basket before; empty for the first.")


class HoldingOut(serializers.Serializer[Holding]):
    """Units of one constituent an index unit; price in USD and weight at the effective close."""

    asset = serializers.CharField(source="asset_id")
    symbol = serializers.CharField(source="asset.symbol")
    units = ExactField()
    weight = ExactField()
    price = ExactField()
    capped_supply = ExactField(help_text="Times price, summed, over the divisor: the level.")


class BundlePart(serializers.Serializer[Rebalance]):
    """The canonical texts behind the digests; whoever has them can compute the basket again."""

    review_inputs = serializers.CharField(
        source="review.inputs",
        default=None,
        allow_null=True,
        help_text="Its SHA-256 is the review's `snapshot_hash`; null for an event.",
    )
    inputs = serializers.CharField(help_text="Its SHA-256 is `run_hash`.")
    result = serializers.SerializerMethodField(help_text="Its SHA-256 is `result_hash`.")

    def get_result(self, rebalance: Rebalance) -> str:
        """Return the basket as canonical JSON."""
        return fixed_of(rebalance).to_text()


class RebalanceDetailOut(RebalanceOut):
    """A basket with its holdings, heaviest first, and the bundle to verify it with."""

    holdings = HoldingOut(many=True, source="holdings.all")
    bundle = BundlePart(source="*")


class MethodologyOut(serializers.Serializer[Methodology]):
    """A version of the rules."""

    version = serializers.IntegerField()
    status = serializers.CharField(help_text="announced, effective or superseded")
    effective_from = serializers.DateField(allow_null=True, help_text="Null: from the start.")
    announced_at = serializers.DateTimeField()
    emergency_reason = serializers.CharField(help_text="Why it came without its notice; else empty.")
    params = serializers.DictField()
    prose = serializers.SerializerMethodField()

    def get_prose(self, methodology: Methodology) -> list[str]:
        """Return the rules in plain words, written from the parameters; nothing for rules nobody can read."""
        return sentences_of(methodology)


class MethodologiesOut(serializers.Serializer[Any]):
    """Every announced version of the rules, oldest first; `current` and `next` are version numbers."""

    current = serializers.IntegerField(allow_null=True, help_text="In force; null before the first basket.")
    next = serializers.IntegerField(allow_null=True, help_text="Announced and not yet in force.")
    versions = MethodologyOut(many=True)


class RestatementOut(serializers.Serializer[Restatement]):
    """A correction of published levels; the levels that it replaced stay, as older versions."""

    id = serializers.IntegerField()
    first_day = serializers.DateField()
    last_day = serializers.DateField(allow_null=True)
    cause = serializers.CharField()
    status = serializers.CharField(help_text="approved or done")
    requested_at = serializers.DateTimeField()
    approved_at = serializers.DateTimeField()
    done_at = serializers.DateTimeField(allow_null=True)
    levels_changed = serializers.IntegerField()
    largest_change = ExactField(allow_null=True, help_text="Largest relative change of a level, unsigned.")
