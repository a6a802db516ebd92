"""The shapes of transactions in the API: what a client sends, asks for and receives."""

from datetime import UTC
from typing import Any

from rest_framework import serializers

from market.http import ExactField
from portfolios.api.fields import SleeveField, WalletField
from portfolios.models import Entry, LotChoice, Transaction


class EntryOut(serializers.Serializer[Entry]):
    """A signed quantity that moved."""

    wallet = serializers.IntegerField(source="wallet_id")
    asset = serializers.CharField(source="asset_id")
    symbol = serializers.CharField(source="asset.symbol")
    sleeve = serializers.IntegerField(source="sleeve_id", allow_null=True)
    role = serializers.ChoiceField(choices=Entry.Role.choices)
    quantity = ExactField(help_text="Positive comes in, negative goes out.")
    price = ExactField(allow_null=True, help_text="USD a unit as traded; null: unknown.")


class LotChoiceOut(serializers.Serializer[LotChoice]):
    """A lot that was named for what leaves."""

    transaction = serializers.IntegerField(source="acquired_id", help_text="What brought the lot.")
    quantity = ExactField()
    chosen_at = serializers.DateTimeField()


class TransactionOut(serializers.Serializer[Transaction]):
    """What happened; with `voided_at` it no longer counts: it was corrected by `superseded_by`, or deleted."""

    id = serializers.IntegerField()
    kind = serializers.ChoiceField(choices=Transaction.Kind.choices)
    at = serializers.DateTimeField()
    note = serializers.CharField()
    external_id = serializers.CharField(help_text="The id that the source gave it.")
    acquired_at = serializers.DateTimeField(allow_null=True)
    via = serializers.CharField(source="source", help_text="web, api, import or demo.")
    order = serializers.IntegerField(source="order_id", allow_null=True)
    batch = serializers.IntegerField(source="batch_id", allow_null=True, help_text="Its import.")
    is_implied = serializers.BooleanField(help_text="A deposit that an import put before a payment.")
    supersedes = serializers.IntegerField(source="supersedes_id", allow_null=True)
    superseded_by = serializers.IntegerField(source="superseded_by.id", allow_null=True, default=None)
    created_at = serializers.DateTimeField()
    voided_at = serializers.DateTimeField(allow_null=True)
    entries = EntryOut(many=True)
    lots = LotChoiceOut(source="lot_choices", many=True)


class LotChoiceIn(serializers.Serializer[LotChoice]):
    """A lot by the transaction that brought it, and how much of it leaves."""

    transaction = serializers.IntegerField(min_value=1, max_value=2**62)
    quantity = ExactField()


class TransactionIn(serializers.Serializer[Transaction]):
    """One transaction, in the shape of the canonical CSV.

    A buy or a sell gives `price` or `amount` (without the fee), or neither: then the close of the day counts. Both are
    in `currency`, a fiat currency that is paid or received; a trade against another coin is a swap. For any other kind
    `price` is the market value of what moves, for a deposit what a unit cost. In a transfer `quantity` leaves `wallet`
    and `received_quantity` arrives in `to_wallet`, the rest is the network fee. `lots` are drawn in their order where
    lots are chosen one by one.
    """

    kind = serializers.ChoiceField(choices=Transaction.Kind.choices)
    at = serializers.DateTimeField(default_timezone=UTC)
    asset = serializers.CharField(max_length=80)
    quantity = ExactField()
    wallet = WalletField(required=False, allow_null=True)
    sleeve = SleeveField(required=False, allow_null=True)
    price = ExactField(required=False, allow_null=True, help_text="A unit, in the currency.")
    amount = ExactField(required=False, allow_null=True, help_text="In total, in the currency, without the fee.")
    currency = serializers.CharField(
        max_length=80, required=False, allow_null=True, help_text="ISO 4217 code; null: usd."
    )
    rate = ExactField(required=False, allow_null=True, help_text="USD for a unit of the currency; null: of the day.")
    to_wallet = WalletField(required=False, allow_null=True)
    received_asset = serializers.CharField(max_length=80, required=False, allow_null=True)
    received_quantity = ExactField(required=False, allow_null=True)
    fee = ExactField(required=False, allow_null=True)
    fee_asset = serializers.CharField(max_length=80, required=False, allow_null=True, help_text="Null: the currency.")
    acquired_at = serializers.DateTimeField(
        default_timezone=UTC, required=False, allow_null=True, help_text="Of a deposit or a gift: when first acquired."
    )
    lots = LotChoiceIn(many=True, required=False, allow_null=True)
    external_id = serializers.CharField(max_length=200, required=False, allow_blank=True)
    note = serializers.CharField(max_length=300, required=False, allow_blank=True)

    def validate_lots(self, lots: list[dict[str, Any]] | None) -> list[tuple[int, Any]]:
        """Return pairs, as the service takes them."""
        return [(lot["transaction"], lot["quantity"]) for lot in lots or []]


class TransactionPatch(TransactionIn):
    """The fields of a transaction that were wrong; what is not named stays.

    A new `price` unsays `amount` and the other way round, a new `currency` the rate, price and amount, another `asset`
    the price and the named lots.
    """

    def get_fields(self) -> dict[str, serializers.Field[Any, Any, Any, Any]]:
        """Ask for none of them; `partial` would ask for no part of a named lot either."""
        fields = super().get_fields()
        for field in fields.values():
            field.required = False
        return fields


class TransactionQuery(serializers.Serializer[Any]):
    """Which transactions to list."""

    kind = serializers.ChoiceField(choices=Transaction.Kind.choices, required=False)
    asset = serializers.CharField(max_length=80, required=False)
    wallet = WalletField(required=False)
    batch = serializers.IntegerField(min_value=1, max_value=2**62, required=False, help_text="Id of an import.")
    to = serializers.DateField(required=False, help_text="Last UTC day.")
    in_force = serializers.BooleanField(required=False, help_text="true: only those that count.")
    q = serializers.CharField(
        max_length=200, required=False, allow_blank=True, help_text="Words of a note, or an external id in full."
    )
    cursor = serializers.CharField(max_length=80, required=False, allow_blank=True, help_text="From `next`.")
    page_size = serializers.IntegerField(min_value=1, max_value=1000, required=False)

    def get_fields(self) -> dict[str, serializers.Field[Any, Any, Any, Any]]:
        """Add `from`, which is no name for an attribute."""
        first = serializers.DateField(required=False, help_text="First UTC day.")
        return super().get_fields() | {"from": first}


class LedgerPageOut(serializers.Serializer[Any]):
    """A page of the ledger. A page may be short, even empty, and have a `next`: the search goes on there."""

    next = serializers.URLField(allow_null=True, help_text="Older ones.")
    previous = serializers.URLField(allow_null=True, help_text="Newer ones.")
    results = TransactionOut(many=True)
