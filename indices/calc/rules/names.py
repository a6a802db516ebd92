"""The words that rules are made of: sectors, screens, ways to rank, to weigh and to act."""

from decimal import Decimal
from enum import StrEnum

SECTORS = (
    "payments", "layer1", "layer2", "defi", "ai", "memecoin", "gaming", "nft", "rwa", "privacy", "infrastructure",
    "exchange", "stablecoin", "wrapped",
)  # fmt: skip
SECTOR_NAMES = {"layer1": "layer 1", "layer2": "layer 2", "defi": "DeFi", "ai": "AI", "nft": "NFT"} | {
    "rwa": "real-world assets"
}
TOKEN_TYPES = ("currency", "utility", "security", "stablecoin")
EXCLUSIONS = {
    "stable": "stablecoins",
    "wrapped": "wrapped and staked assets",
    "pegged": "assets pegged to another",
    "security": "tokenised securities",
    "exchange": "exchange tokens",
    "meme": "memecoins",
    "privacy": "privacy coins",
}
SECTOR_EXCLUSIONS = {
    "exchange": "exchange",
    "memecoin": "meme",
    "privacy": "privacy",
    "stablecoin": "stable",
    "wrapped": "wrapped",
}
"""Sectors that an exclusion empties."""
ALPHAS = {
    Decimal(1): "in proportion to market cap",
    Decimal("0.5"): "in proportion to the square root of market cap",
    Decimal(0): "equally",
}


class RankBy(StrEnum):
    """By what eligible assets are ordered, best first."""

    MARKET_CAP = "market_cap"
    MOMENTUM = "momentum"
    SHARPE = "sharpe"
    LIQUIDITY = "liquidity"
    VOTES = "votes"


class Scheme(StrEnum):
    """Where weights come from; `cap` is the cap family with its alpha, `blend` mixes several."""

    CAP = "cap"
    LIQUIDITY = "liquidity"
    INVERSE_VOLATILITY = "inverse_volatility"
    EQUAL_RISK = "equal_risk"
    SHARPE = "sharpe"
    VOTES = "votes"
    BLEND = "blend"


class BlendPart(StrEnum):
    """What a blend is made of."""

    CAP = "cap"
    SQRT_CAP = "sqrt_cap"
    EQUAL = "equal"
    LIQUIDITY = "liquidity"
    INVERSE_VOLATILITY = "inverse_volatility"
    EQUAL_RISK = "equal_risk"
    SHARPE = "sharpe"
    VOTES = "votes"


class Tilt(StrEnum):
    """A factor that leans weights towards its high values."""

    NONE = "none"
    MOMENTUM = "momentum"
    SHARPE = "sharpe"
    LIQUIDITY = "liquidity"
    LOW_VOLATILITY = "low_volatility"
    DILIGENCE = "diligence"


class SignalSource(StrEnum):
    """Where bull, neutral and bear come from: nowhere, the trend of closes, or what was recorded."""

    NONE = "none"
    TREND = "trend"
    RECORDED = "recorded"


class Residual(StrEnum):
    """Where the weight goes that signals set free."""

    STABLE = "stable"
    REDISTRIBUTE = "redistribute"
    BTC = "btc"


class RebalanceTo(StrEnum):
    """How far a trigger moves weights."""

    TARGET = "target"
    EDGE = "edge"


class Proceeds(StrEnum):
    """Who takes what a delisted constituent leaves, until the next review."""

    SURVIVORS = "survivors"
    SLEEVE = "sleeve"
