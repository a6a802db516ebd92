"""A file to bring, what it leaves open, and the word that its errors are accepted."""

import zoneinfo
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.text import format_lazy
from django.utils.translation import gettext, gettext_lazy as _, ngettext

from portfolios.importers.files import FILE_BYTES
from portfolios.models import AssetChoice, Portfolio, Wallet
from portfolios.selectors.imports import find_assets

LEAVE_OUT = "-"
FILES = ".csv,.tsv,.txt,.xlsx,.json"
IMPLY = _("Put a deposit before each payment whose money came from nowhere")
IMPLY_HELP = _(
    "Exchanges often leave out how money got there, as when a purchase was paid by card. Without this, such purchases "
    "are errors; with it, each gets a deposit of just what is missing, marked as implied."
)
ORDERS = [
    ("day_first", _("Day first: 05/09/2017 is 5 September 2017")),
    ("month_first", _("Month first: 05/09/2017 is 9 May 2017")),
]


def zones(first: str) -> list[tuple[str, Any]]:
    """Return the choices of a time zone: what an empty choice means, one's own zone, and all there are."""
    own = timezone.get_current_timezone_name()
    every = [(name, name.replace("_", " ")) for name in sorted(zoneinfo.available_timezones())]
    return [("", first), (own, format_lazy("{own}: {zone}", own=_("Yours"), zone=own)), *every]


class UploadForm(forms.Form):
    """A file, and what can be said of it before it is read."""

    file = forms.FileField(
        label=_("File"),
        help_text=_("CSV, XLSX or JSON as the exchange or program gives it, up to 32 MB."),
        widget=forms.FileInput(attrs={"accept": FILES, "data-most": FILE_BYTES}),
        max_length=1_000,
    )
    wallet = forms.ModelChoiceField(
        queryset=Wallet.objects.none(),
        label=_("Into the wallet"),
        empty_label=None,
        help_text=_("Rows that name an account of their own go into the wallet of that name."),
    )
    zone = forms.ChoiceField(
        required=False, label=_("Time zone of its times"), help_text=_("Counts for times that name no zone themselves.")
    )
    imply_deposits = forms.BooleanField(required=False, label=IMPLY, help_text=IMPLY_HELP)
    token = forms.CharField(max_length=64, widget=forms.HiddenInput)

    def __init__(self, *args: Any, portfolio: Portfolio, **options: Any) -> None:
        super().__init__(*args, **options)
        wallets: Any = self.fields["wallet"]
        wallets.queryset = portfolio.wallets.order_by("id")
        zone: Any = self.fields["zone"]
        zone.choices = zones(gettext("Ask me when a time names none"))

    def facts(self) -> dict[str, Any]:
        """Return what `start_import` takes."""
        data = self.cleaned_data
        return {
            "file_name": data["file"].name, "content": data["file"].read(), "wallet": data["wallet"],
            "token": data["token"], "imply_deposits": data["imply_deposits"],
            "answers": {"zone": data["zone"]} if data["zone"] else {},
        }  # fmt: skip


class AnswersForm(forms.Form):
    """What a file leaves open, as it asks; `known` are answers that may be given otherwise.

    `described` says in words what each candidate is. `choices` are codes that mean something already. `imply` is
    whether deposits are implied, None where that is not asked.
    """

    def __init__(
        self, *args: Any, questions: Sequence[Mapping[str, Any]], known: Mapping[str, str],
        described: Mapping[str, str], choices: Iterable[AssetChoice] = (), imply: bool | None = None, **options: Any,
    ) -> None:  # fmt: skip
        super().__init__(*args, **options)
        asked = {question["key"]: question for question in questions}
        if "zone" in asked or "zone" in known:
            self.fields["zone"] = _zone_field(asked.get("zone"), known.get("zone", ""))
        if "date_order" in asked or "date_order" in known:
            self.fields["date_order"] = _order_field(asked.get("date_order"), known.get("date_order"))
        self.codes = [question for question in questions if question["key"] == "asset"]
        for place, question in enumerate(self.codes):
            self.fields[f"asset_{place}"] = _asset_field(question, described)
            self.fields[f"other_{place}"] = forms.CharField(
                required=False,
                max_length=80,
                label=gettext("Another asset for “%(code)s”: its name, symbol or id") % {"code": question["code"]},
            )
        meanings = [(one.code, f"{one.code}: {one.asset or gettext('left out')}") for one in choices]
        if meanings:
            self.fields["code"] = forms.ChoiceField(
                required=False, choices=[("", _("None")), *meanings], label=_("A code that means something else")
            )
            self.fields["meaning"] = forms.CharField(
                required=False,
                max_length=80,
                label=_("What it means"),
                help_text=_("Name, symbol or id of an asset; empty leaves its rows out."),
            )
        if imply is not None:
            self.fields["imply_deposits"] = forms.BooleanField(
                required=False, initial=imply, label=IMPLY, help_text=IMPLY_HELP
            )

    @property
    def assets(self) -> list[tuple[Mapping[str, Any], forms.BoundField, forms.BoundField]]:
        """Return each question of a code with its two fields."""
        return [(one, self[f"asset_{place}"], self[f"other_{place}"]) for place, one in enumerate(self.codes)]

    def clean(self) -> dict[str, Any]:
        """Find the assets that were named in words."""
        data: dict[str, Any] = self.cleaned_data
        self.meanings: dict[str, str | None] = {}
        for place, question in enumerate(self.codes):
            said, other = data.get(f"asset_{place}", ""), data.get(f"other_{place}", "")
            if other:  # what is typed goes before what was chosen, which may have been a suggestion
                self._mean(question["code"], other, field=f"other_{place}")
            elif said:
                self.meanings[question["code"]] = None if said == LEAVE_OUT else said
        if data.get("code"):
            if data.get("meaning"):
                self._mean(data["code"], data["meaning"], field="meaning")
            else:
                self.meanings[data["code"]] = None
        return data

    def facts(self) -> dict[str, Any]:
        """Return what `answer_import` takes."""
        data = self.cleaned_data
        return {
            "answers": {key: data[key] for key in ("zone", "date_order") if data.get(key)},
            "asset_choices": self.meanings,
            "imply_deposits": data.get("imply_deposits"),
        }

    def _mean(self, code: str, text: str, *, field: str) -> None:
        found = find_assets(text)
        if len(found) == 1:
            self.meanings[code] = found[0].pk
            return
        if found:
            several = ", ".join(f"{one.name} (id {one.pk})" for one in found)
            message = gettext("Several assets are called so; give the id of one: %(several)s.") % {"several": several}
        else:
            message = gettext("No asset here has this id, name or symbol.")
        self.add_error(field, ValidationError(message))


class CommitForm(forms.Form):
    """That a file with many errors is imported all the same."""

    accept_errors = forms.BooleanField(
        required=False, label=_("I have looked at the errors; import the other rows without them")
    )


def _zone_field(question: Mapping[str, Any] | None, known: str) -> forms.ChoiceField:
    # What a file says stands in the label, which is escaped; a help text is not.
    label = gettext("In which time zone are its times?")
    if question is not None:
        label = gettext("In which time zone are times such as %(examples)s?") % {"examples": _examples(question)}
    return forms.ChoiceField(
        choices=zones(gettext("Choose")), initial=known, required=question is not None, label=label
    )


def _order_field(question: Mapping[str, Any] | None, known: str | None) -> forms.ChoiceField:
    label = gettext("Does the day or the month come first?")
    if question is not None:
        label = gettext("Does the day or the month come first in %(examples)s?") % {"examples": _examples(question)}
    return forms.ChoiceField(
        choices=ORDERS, initial=known, required=question is not None, widget=forms.RadioSelect, label=label
    )


def _asset_field(question: Mapping[str, Any], described: Mapping[str, str]) -> forms.ChoiceField:
    choices: list[tuple[str, Any]] = []
    for one in question["candidates"]:
        words = described.get(one["id"], one["id"])
        if one.get("is_suggested"):
            words = gettext("%(asset)s · suggested: the largest of this symbol") % {"asset": words}
        choices.append((one["id"], words))
    choices.append((LEAVE_OUT, _("Leave these rows out")))
    suggested = next((one["id"] for one in question["candidates"] if one.get("is_suggested")), None)
    return forms.ChoiceField(
        choices=choices,
        initial=suggested,
        required=False,
        widget=forms.RadioSelect,
        label=ngettext("“%(code)s”, in one row", "“%(code)s”, in %(rows)s rows", question["rows"])
        % {"code": question["code"], "rows": f"{question['rows']:,}"},
    )


def _examples(question: Mapping[str, Any]) -> str:
    return ", ".join(f"“{example}”" for example in question["examples"])
