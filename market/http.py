"""How exact numbers travel in the API."""

from typing import Any

from rest_framework import serializers

from market.money import AMOUNT_DIGITS, AMOUNT_PLACES


class ExactField(serializers.DecimalField):
    """A decimal as a string, every digit and no idle zeros; a JSON number is taken as it is written."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**({"max_digits": AMOUNT_DIGITS, "decimal_places": AMOUNT_PLACES} | options))

    def to_representation(self, value: Any) -> str:
        return f"{value.normalize():f}"
