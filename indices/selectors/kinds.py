"""What an asset is, in the words of the rules."""

from market.models import Classification


def flags_of(classified: Classification) -> frozenset[str]:
    """Return what a classification says in the words of `indices.calc.rules.EXCLUSIONS`."""
    sectors, types = Classification.Sector, Classification.TokenType
    signs = {
        "stable": classified.is_stable
        or classified.sector == sectors.STABLECOIN
        or classified.token_type == types.STABLECOIN,
        "wrapped": classified.is_wrapped or classified.sector == sectors.WRAPPED,
        "pegged": classified.is_pegged,
        "security": classified.token_type == types.SECURITY,
        "exchange": classified.sector == sectors.EXCHANGE,
        "meme": classified.sector == sectors.MEMECOIN,
        "privacy": classified.sector == sectors.PRIVACY,
    }
    return frozenset(flag for flag, is_set in signs.items() if is_set)
