"""What a row of an import becomes, in words."""

from collections.abc import Mapping
from decimal import Decimal, InvalidOperation

Facts = Mapping[str, str]
KINDS = {
    "buy": "Buy",
    "sell": "Sell",
    "swap": "Swap",
    "deposit": "Deposit",
    "withdrawal": "Withdraw",
    "transfer": "Move",
    "fee": "Pay a fee of",
    "income": "Receive as income",
    "airdrop": "Receive as an airdrop",
    "fork": "Receive by a fork",
    "gift_in": "Receive as a gift",
    "gift_out": "Give away",
    "loss": "Lose",
}


def words_of(facts: Facts, symbols: Mapping[str, str]) -> str:
    """Return the sentence, empty for a row that could not be read; an asset that is not known keeps its code.

    Quantities have all their digits, money is in the currency of the file.
    """
    kind = facts.get("kind", "")
    if kind not in KINDS:
        return ""
    words = f"{KINDS[kind]} {_much(facts, 'quantity', 'asset', symbols)}"
    if kind == "swap":
        words += f" for {_much(facts, 'received_quantity', 'received_asset', symbols)}"
    if kind == "transfer":
        words += f" to “{facts.get('to_wallet', '')}”"
        if "received_quantity" in facts:
            words += f", where {_number(facts['received_quantity'])} arrive"
    words += _worth(facts)
    if facts.get("fee"):
        words += f", fee {_much(facts, 'fee', 'fee_asset', symbols)}"
    return words


def _worth(facts: Facts) -> str:
    currency = facts.get("currency", "usd").upper()
    if "amount" in facts:
        return f" for {_number(facts['amount'])} {currency}"
    if "price" in facts:
        return f" at {_number(facts['price'])} {currency} each"
    return " at the close of its day" if facts.get("kind") in {"buy", "sell"} else ""


def _much(facts: Facts, quantity: str, asset: str, symbols: Mapping[str, str]) -> str:
    code = facts.get(asset) or facts.get("currency", "usd")
    symbol = symbols.get(code) or (code.upper() if code == facts.get("currency") else code)
    return f"{_number(facts.get(quantity, ''))} {symbol}".strip()


def _number(text: str) -> str:
    """Write a number with groups of three; a text that is none stays as it is."""
    try:
        value = Decimal(text)
    except InvalidOperation:
        return text
    return f"{value:,f}" if abs(value.adjusted()) <= 40 else text
