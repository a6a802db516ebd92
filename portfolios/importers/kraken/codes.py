"""Kraken's own codes of assets and of pairs."""

import re

from market.calc.currencies import is_fiat

FEE_CREDITS = "KFEE"

# The codes of its first years: an X for a coin and a Z for a currency before what others write.
_USUAL = {
    "XXBT": "BTC",
    "XBT": "BTC",
    "XXDG": "DOGE",
    "XDG": "DOGE",
    "XDAO": "DAO",
    "XETC": "ETC",
    "XETH": "ETH",
    "XICN": "ICN",
    "XLTC": "LTC",
    "XMLN": "MLN",
    "XNMC": "NMC",
    "XREP": "REP",
    "XXLM": "XLM",
    "XXMR": "XMR",
    "XXRP": "XRP",
    "XXVN": "XVN",
    "XZEC": "ZEC",
    "ETH2": "ETH",
}
# Staked, opted into rewards, parachain, flexible, bonded, on hold; the digits are the days of a bond.
_PLACE = re.compile(r"(?<=.)(?:(?:03|04|07|14|21|28)\.S|\.(?:S|M|P|F|B|HOLD))$")
_QUOTES = ("AED", "AUD", "CAD", "CHF", "DAI", "DOT", "ETH", "EUR", "GBP", "JPY", "PYUSD", "USD", "USDC", "USDT", "XBT")


def usual(code: str) -> str:
    """Return the ticker that others use; staked and held variants are the asset itself."""
    bare = _PLACE.sub("", code.upper())
    if bare in _USUAL:
        return _USUAL[bare]
    return bare[1:] if len(bare) == 4 and bare[0] == "Z" and is_fiat(bare[1:]) else bare


def sides_of(pair: str) -> tuple[str, str] | None:
    """Return base and quote of a pair such as XXBTZEUR, ETHPYUSD or XBT/EUR; None when it cannot be told apart."""
    base, slash, quote = pair.upper().partition("/")
    if not slash:
        base, quote = _unjoined(base)
    return (usual(base), usual(quote)) if base and quote else None


def _unjoined(pair: str) -> tuple[str, str]:
    """Split a pair without a slash: two codes of four letters, or a base before the longest quote that fits."""
    first, second = pair[:4], pair[4:]
    if len(pair) == 8 and (first in _USUAL or first == "USDT") and (usual(second) != second or second in _USUAL):
        return first, second
    fitting = [quote for quote in _QUOTES if pair.endswith(quote) and len(pair) > len(quote)]
    quote = max(fitting, key=len, default="")
    return (pair.removesuffix(quote), quote) if quote else ("", "")
