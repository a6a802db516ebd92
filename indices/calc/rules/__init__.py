"""The rules of an index: read strictly, written exactly, told in plain words."""

from indices.calc.rules.errors import RulesError
from indices.calc.rules.model import Rules
from indices.calc.rules.names import (
    ALPHAS,
    EXCLUSIONS,
    SECTOR_NAMES,
    SECTORS,
    TOKEN_TYPES,
    BlendPart,
    Proceeds,
    RankBy,
    RebalanceTo,
    Residual,
    Scheme,
    SignalSource,
    Tilt,
)
from indices.calc.rules.words import describe

__all__ = [
    "ALPHAS",
    "EXCLUSIONS",
    "SECTORS",
    "SECTOR_NAMES",
    "TOKEN_TYPES",
    "BlendPart",
    "Proceeds",
    "RankBy",
    "RebalanceTo",
    "Residual",
    "Rules",
    "RulesError",
    "Scheme",
    "SignalSource",
    "Tilt",
    "describe",
]
