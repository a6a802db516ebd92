"""Fields for rules as curators type them: percents for fractions of 1, names with commas."""

from decimal import Decimal
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy

from indices.calc.rules.figures import plain

HUNDRED = Decimal(100)


def whole(label: Any, help_text: Any = "") -> forms.IntegerField:
    """Make a field for a whole number; the rules know its range."""
    return forms.IntegerField(label=label, help_text=help_text)


def decimal(label: Any, help_text: Any = "") -> forms.DecimalField:
    """Make a field for an amount of USD or a plain number."""
    widget = forms.NumberInput(attrs={"step": "any"})
    return forms.DecimalField(label=label, help_text=help_text, max_digits=30, decimal_places=12, widget=widget)


def switch(label: Any, help_text: Any = "") -> forms.BooleanField:
    """Make a field for yes or no."""
    return forms.BooleanField(label=label, help_text=help_text, required=False)


def choice(label: Any, choices: list[tuple[str, Any]], help_text: Any = "") -> forms.ChoiceField:
    """Make a field for one of several words; an empty word among them may be chosen."""
    return forms.ChoiceField(label=label, choices=choices, help_text=help_text, required=all(key for key, _ in choices))


def boxes(label: Any, choices: list[tuple[str, Any]], help_text: Any = "") -> forms.MultipleChoiceField:
    """Make a field for any number of names, each with a box to tick."""
    return forms.MultipleChoiceField(
        label=label, choices=choices, help_text=help_text, required=False, widget=forms.CheckboxSelectMultiple
    )


class PercentField(forms.DecimalField):
    """A fraction of 1 that is typed and shown in percent; its label says so."""

    def __init__(self, label: Any, help_text: Any = "", *, required: bool = True) -> None:
        super().__init__(
            label=label,
            help_text=help_text,
            required=required,
            max_digits=20,
            decimal_places=10,
            widget=forms.NumberInput(attrs={"step": "any"}),
        )

    def clean(self, value: Any) -> Decimal | None:
        """Return the fraction; the number of digits is known to be small by then."""
        typed = super().clean(value)
        return None if typed is None else typed / HUNDRED

    def prepare_value(self, value: Any) -> Any:
        """Show a fraction in percent; what somebody typed is shown again as it was typed."""
        return plain(value * HUNDRED) if isinstance(value, Decimal) else value

    def has_changed(self, initial: Any, data: Any) -> bool:
        """Compare percents with percents."""
        return super().has_changed(initial * HUNDRED if isinstance(initial, Decimal) else initial, data)


class NamesField(forms.CharField):
    """Several names with commas between them."""

    def __init__(self, label: Any, help_text: Any = "") -> None:
        widget = forms.TextInput(attrs={"class": "vTextField"})
        super().__init__(label=label, help_text=help_text, required=False, max_length=1000, widget=widget)

    def to_python(self, value: Any) -> Any:
        """Return the names as a tuple, each once, in their order."""
        names = (name.strip() for name in str(value or "").split(","))
        return tuple(dict.fromkeys(name for name in names if name))

    def run_validators(self, value: Any) -> None:
        """Measure what was typed, not the tuple."""
        super().run_validators(", ".join(value))

    def prepare_value(self, value: Any) -> Any:
        """Show a tuple with commas."""
        return ", ".join(value) if isinstance(value, list | tuple) else value


def limit(label: Any, help_text: Any = "") -> PercentField:
    """Make a field for a percent that may be left out: then there is no such limit."""
    return PercentField(label, help_text or gettext_lazy("Empty: no limit."), required=False)
