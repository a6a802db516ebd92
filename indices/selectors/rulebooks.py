"""The rules of a methodology as they can be read, and in words."""

from indices.calc.rules import Rules, RulesError, describe
from indices.models import Methodology


def rules_of(methodology: Methodology) -> Rules | None:
    """Return the rules of a version; None of one without any, or with rules that cannot be read."""
    try:
        return Rules.from_params(methodology.params)
    except RulesError:
        return None


def sentences_of(methodology: Methodology | None) -> list[str]:
    """Return the rules of a version in plain words; nothing without a version, or for rules that cannot be read."""
    rules = rules_of(methodology) if methodology else None
    return describe(rules) if rules else []
