"""Which column means what in a file of no known format."""

from collections.abc import Mapping, Sequence
from typing import Any
from zlib import crc32

from django import forms
from django.utils.translation import gettext, gettext_lazy as _

from portfolios.forms.imports import zones
from portfolios.importers import mapper
from portfolios.models import Transaction

FIELDS = {
    "timestamp": _("Date, or date and time"),
    "time": _("Time, if it has a column of its own"),
    "kind": _("Kind of transaction"),
    "asset": _("Asset"),
    "quantity": _("Quantity"),
    "price": _("Price of one unit"),
    "amount": _("Total, without the fee"),
    "currency": _("Currency of price and total"),
    "fee": _("Fee"),
    "fee_asset": _("Fee paid in"),
    "wallet": _("Wallet or account"),
    "to_wallet": _("Of a transfer: to the wallet"),
    "received_asset": _("Of a swap: asset received"),
    "received_quantity": _("Of a swap or transfer: quantity received"),
    "external_id": _("Id"),
    "note": _("Note"),
}
# What a whole file may have in common, such as a sheet of purchases of one coin.
CONSTANTS = ("kind", "asset", "currency", "wallet")
FIRST = (
    ("timestamp", "time"),
    ("kind",),
    ("asset",),
    ("quantity", "price", "amount"),
    ("currency",),
    ("fee", "fee_asset"),
)
OTHERS = (("wallet",), ("to_wallet", "received_asset", "received_quantity"), ("external_id", "note"))
DATES = [
    ("auto", _("Found out from the file")),
    ("day_first", _("Day first: 05/09/2017 is 5 September")),
    ("month_first", _("Month first: 05/09/2017 is 9 May")),
    ("seconds", _("Seconds since 1970")),
    ("milliseconds", _("Milliseconds since 1970")),
]
DECIMALS = [
    ("auto", _("Found out from the file")),
    ("point", _("Point: 1,234.56")),
    ("comma", _("Comma: 1.234,56")),
]


class MappingForm(forms.Form):
    """A mapping for a file with these titles, as `mapper` reads it; `start` is what it is prefilled with.

    `words` are those of the column of kinds: what each means is asked; `has_new_words` says that they were not shown
    before.
    """

    def __init__(
        self, *args: Any, titles: Sequence[str], words: Sequence[str], start: Mapping[str, Any],
        has_new_words: bool = False, **options: Any,
    ) -> None:  # fmt: skip
        super().__init__(*args, **options)
        self.titles, self.words, self.start, self.has_new_words = titles, words, start, has_new_words
        choices = [("", _("No column")), *((title, title) for title in dict.fromkeys(titles) if title)]
        for name, label in FIELDS.items():
            self.fields[f"column_{name}"] = forms.ChoiceField(
                required=False, choices=choices, label=label, initial=start.get("columns", {}).get(name)
            )
        for name in CONSTANTS:
            self.fields[f"constant_{name}"] = _constant(name, start.get("constants", {}).get(name))
        self._add_kinds(start)
        self._add_styles(start)
        self.fields["save_as"] = forms.CharField(
            required=False,
            max_length=80,
            label=_("Keep this as a template called"),
            help_text=_("For the next file like it; the same name again replaces what was kept."),
        )
        self.fields["words_of"] = forms.CharField(
            required=False, max_length=10_000, widget=forms.HiddenInput, initial=start.get("columns", {}).get("kind")
        )

    @property
    def first_rows(self) -> list[list[forms.BoundField]]:
        """Return the fields that most files have, some a row."""
        return [self._row(names) for names in FIRST]

    @property
    def other_rows(self) -> list[list[forms.BoundField]]:
        """Return the fields that few files have, some a row."""
        return [self._row(names) for names in OTHERS]

    @property
    def word_fields(self) -> list[forms.BoundField]:
        """Return the field of each word of the column of kinds."""
        return [self[_field_of(word)] for word in self.words]

    def clean(self) -> dict[str, Any]:
        """Refuse a mapping that cannot read the file."""
        for problem in mapper.problems(self.mapping(), self.titles):
            self.add_error(None, problem)
        return self.cleaned_data

    def mapping(self) -> dict[str, Any]:
        """Return the mapping; common words that the file does not show keep their usual kinds."""
        data = self.cleaned_data
        shown = set(self.words)
        kinds = {word: kind for word, kind in mapper.suggest([])["kinds"].items() if word not in shown}
        said = {word: data.get(_field_of(word), "") for word in self.words}
        return {
            "columns": self._filled("column"),
            "constants": self._kept_constants() | self._filled("constant"),
            "kinds": kinds | {word: kind for word, kind in said.items() if kind},
            **{name: data.get(name, "") for name in ("positive", "negative", "dates", "decimal", "zone")},
        }

    def _kept_constants(self) -> dict[str, str]:
        """Return what was the same in all rows before and has no field here, unless it has a column now."""
        columns, before = self._filled("column"), self.start.get("constants", {})
        return {name: value for name, value in before.items() if name not in CONSTANTS and name not in columns}

    def _row(self, names: Sequence[str]) -> list[forms.BoundField]:
        return [
            self[f"{part}_{name}"]
            for name in names
            for part in ("column", "constant")
            if f"{part}_{name}" in self.fields
        ]

    def _filled(self, part: str) -> dict[str, str]:
        data = self.cleaned_data
        return {name: data[f"{part}_{name}"] for name in FIELDS if data.get(f"{part}_{name}")}

    def _add_kinds(self, start: Mapping[str, Any]) -> None:
        kinds = [*Transaction.Kind.choices, (mapper.SKIP, _("Leave these rows out"))]
        for word in self.words:
            self.fields[_field_of(word)] = forms.ChoiceField(
                required=False,
                choices=[("", _("Not known: errors of their rows")), *kinds],
                label=gettext("“%(word)s” is") % {"word": word},
                initial=start.get("kinds", {}).get(word),
            )
        for sign, label in (("positive", _("Above 0")), ("negative", _("Below 0"))):
            self.fields[sign] = forms.ChoiceField(
                required=False, choices=[("", _("Not told by the sign")), *kinds], label=label, initial=start.get(sign)
            )

    def _add_styles(self, start: Mapping[str, Any]) -> None:
        self.fields["dates"] = forms.ChoiceField(choices=DATES, label=_("Dates"), initial=start.get("dates", "auto"))
        self.fields["decimal"] = forms.ChoiceField(
            choices=DECIMALS, label=_("Decimal sign"), initial=start.get("decimal", "auto")
        )
        self.fields["zone"] = forms.ChoiceField(
            required=False, choices=zones(gettext("Ask me when a time names none")), label=_("Time zone"),
            initial=start.get("zone"),
        )  # fmt: skip


def _constant(name: str, initial: str | None) -> forms.Field:
    """Return the field of a value that is the same in all rows."""
    if name == "kind":
        choices = [("", _("Told by its column")), *Transaction.Kind.choices]
        return forms.ChoiceField(required=False, choices=choices, label=_("or one kind for all rows"), initial=initial)
    labels = {"asset": _("or one asset for all rows"), "currency": _("or one currency for all rows")}
    label = labels.get(name, _("or one for all rows"))
    return forms.CharField(required=False, max_length=80, label=label, initial=initial)


def _field_of(word: str) -> str:
    """Return the name of a word's field, which stays when other words are shown beside it."""
    return f"word_{crc32(word.encode()):08x}"
