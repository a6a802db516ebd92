"""Weights from scores and from risk: caps and floors, groups, blends, exact quantising, and limits on the change."""

from indices.calc.weighting.caps import flexible_caps, largest_caps, relaxed_cap
from indices.calc.weighting.checks import InfeasibleLimitsError
from indices.calc.weighting.decimals import quantise_weights
from indices.calc.weighting.filling import drop_below, water_fill, water_fill_groups
from indices.calc.weighting.moves import band_edge, turnover_limited
from indices.calc.weighting.risk import (
    CovarianceError,
    NotConvergedError,
    equal_risk_contribution,
    inverse_volatility,
    risk_contributions,
    shrunk_covariance,
)
from indices.calc.weighting.scores import (
    NoPositiveScoreError,
    blended_weights,
    cap_family_scores,
    sharpe_scores,
    tilted_scores,
)

__all__ = [
    "CovarianceError",
    "InfeasibleLimitsError",
    "NoPositiveScoreError",
    "NotConvergedError",
    "band_edge",
    "blended_weights",
    "cap_family_scores",
    "drop_below",
    "equal_risk_contribution",
    "flexible_caps",
    "inverse_volatility",
    "largest_caps",
    "quantise_weights",
    "relaxed_cap",
    "risk_contributions",
    "sharpe_scores",
    "shrunk_covariance",
    "tilted_scores",
    "turnover_limited",
    "water_fill",
    "water_fill_groups",
]
