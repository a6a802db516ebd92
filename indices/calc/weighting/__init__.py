"""Weights from scores and from risk: caps and floors, groups, blends, exact quantising, and limits on the change."""

from indices.calc.weighting.checks import InfeasibleLimitsError
from indices.calc.weighting.decimals import quantise_weights
from indices.calc.weighting.filling import drop_below, water_fill, water_fill_groups
from indices.calc.weighting.risk import (
    CovarianceError,
    NotConvergedError,
    equal_risk_contribution,
    inverse_volatility,
    risk_contributions,
    shrunk_covariance,
)
from indices.calc.weighting.scores import cap_family_scores

__all__ = [
    "CovarianceError",
    "InfeasibleLimitsError",
    "NotConvergedError",
    "cap_family_scores",
    "drop_below",
    "equal_risk_contribution",
    "inverse_volatility",
    "quantise_weights",
    "risk_contributions",
    "shrunk_covariance",
    "water_fill",
    "water_fill_groups",
]
