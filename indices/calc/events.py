"""What happens to an index's units between reviews: delistings, forks, airdrops, migrations, redenominations.

A basket is units by asset id, prices are those of the event's effective close, all Decimal. An asset that has no
fixing yet, such as a coin fresh from a fork, is priced 0: it is held, it counts for nothing, and what is reinvested
buys none of it. Every function returns a new basket, with units to 18 decimals, and leaves the given one as it was.

Source: `spec/indices.md` 2.11.
"""

from collections.abc import Mapping, Sequence
from decimal import Decimal, localcontext
from typing import NamedTuple

from indices.calc.canonical import number
from indices.calc.levels import EXACT, STORED, MissingPriceError, rescale_units

Units = dict[str, Decimal]

LARGEST_JUMP = Decimal("0.02")
"""What is exchanged for something else is worth the same to within this fraction of 1."""


class NotHeldError(ValueError):
    """The asset of an event is not in the basket."""


class NothingSurvivesError(ValueError):
    """Nothing of value is left to take over what an asset leaves behind."""


class DiscontinuousEventError(ValueError):
    """Prices before and after an exchange do not fit its ratio: one of the three is wrong."""


class Settled(NamedTuple):
    """The basket after an event, and the level at which it stands at the event's close."""

    units: Units
    level: Decimal


class Exchanged(NamedTuple):
    """The basket after an exchange, and its value at the same close by the old asset and by the new one.

    The level of that close is `before`: an exchange does not move it. `after` differs by what the two markets
    disagree; that part of the change until the next close is the market's, not the event's. Whoever chains from
    the event's close takes the old price / ratio for the new asset there, which leaves the level as it was.
    """

    units: Units
    before: Decimal
    after: Decimal


def delist(units: Mapping[str, Decimal], prices: Mapping[str, Decimal], *, asset_id: str, price: Decimal) -> Settled:
    """Sell an asset at a price and spread the proceeds over the others in proportion to their value.

    Parameters
    ----------
    units, prices : of the basket; the price of the asset itself is not looked at
    price : the last one, a manual one, or 0 for a total loss, which leaves the others' units as they are

    Raises
    ------
    NotHeldError
        If the asset is not in the basket.
    NothingSurvivesError
        If the others are worth nothing.
    MissingPriceError
        If one of the others has no price.
    ValueError
        If a price is negative.

    """
    with localcontext(EXACT):
        proceeds = _held(units, asset_id) * _not_negative(price, asset_id)
        return _reinvested(_without(units, asset_id), prices, proceeds)


def delist_to(
    units: Mapping[str, Decimal],
    prices: Mapping[str, Decimal],
    *,
    asset_id: str,
    price: Decimal,
    into: Sequence[str],
) -> Settled:
    """Sell an asset at a price and keep the proceeds in given assets in equal parts, until the next review.

    Parameters
    ----------
    units, prices : of the basket, and the prices of `into`; the price of the asset itself is not looked at
    price : the last one, a manual one, or 0 for a total loss, for which nothing is bought
    into : ids of stablecoins, each once and none of them the asset itself; they may be held already. Whether one
        that has left its peg may be bought is a rule of the index, and so the caller's to say.

    Raises
    ------
    NotHeldError
        If the asset is not in the basket.
    NothingSurvivesError
        If neither the others nor the proceeds are worth anything.
    MissingPriceError
        If one of the others has no price, or one of `into` has none above 0.
    ValueError
        If a price is negative, or `into` is empty, names an asset twice, or names the one that leaves.

    """
    if not into or len({*into, asset_id}) <= len(into):
        raise ValueError(f"The proceeds of {asset_id} go into one or more other assets, each named once.")

    with localcontext(EXACT):
        part = _held(units, asset_id) * _not_negative(price, asset_id) / len(into)
        kept = _without(units, asset_id)
        level = _value(kept, prices) + part * len(into)
        if level <= 0:
            raise NothingSurvivesError(f"When {asset_id} leaves, nothing of value is left.")
        bought = {stable: part / _traded_price(_price(prices, stable), stable) for stable in into}
        return Settled(_with(kept, bought), level.quantize(STORED))


def split(units: Mapping[str, Decimal], *, parent: str, child: str, ratio: Decimal) -> Units:
    """Add what a fork or an airdrop gave: `ratio` children for each unit of the parent.

    The level does not move: the child is priced 0 until it has a fixing.

    Raises
    ------
    NotHeldError
        If the parent is not in the basket.
    ValueError
        If the ratio is not above 0.

    """
    with localcontext(EXACT):
        return _with(units, {child: _held(units, parent) * _checked(ratio)})


def liquidate(
    units: Mapping[str, Decimal],
    prices: Mapping[str, Decimal],
    *,
    parent: str,
    ratio: Decimal,
    child_price: Decimal,
) -> Settled:
    """Sell what a fork or an airdrop gave, and spread the proceeds over the basket in proportion to value.

    The level rises by ratio x units of the parent x price of the child.

    Raises
    ------
    NotHeldError
        If the parent is not in the basket.
    NothingSurvivesError
        If the basket is worth nothing.
    MissingPriceError
        If a constituent has no price, or the child's is not above 0.
    ValueError
        If a price is negative, or the ratio is not above 0.

    """
    with localcontext(EXACT):
        given = _held(units, parent) * _checked(ratio)
        return _reinvested(units, prices, given * _traded_price(child_price, f"the child of {parent}"))


def migrate(
    units: Mapping[str, Decimal], prices: Mapping[str, Decimal], *, old: str, new: str, ratio: Decimal
) -> Exchanged:
    """Exchange an asset for another, `ratio` new units for each old one: a migration or a merger.

    Units of the new asset that are held already are added to.

    Parameters
    ----------
    units, prices : of the basket, and the price of the new asset at the same close

    Raises
    ------
    NotHeldError
        If the old asset is not in the basket.
    DiscontinuousEventError
        If `ratio` new units are not worth the old one to within LARGEST_JUMP.
    MissingPriceError
        If a constituent has no price, or that of the old or the new asset is not above 0.
    ValueError
        If the ratio is not above 0, or both assets are one; `rescale` is for a redenomination that keeps its id.

    """
    if old == new:
        raise ValueError(f"{old} cannot be exchanged for itself; a redenomination rescales it.")

    with localcontext(EXACT):
        received = _held(units, old) * _checked(ratio)
        old_price, new_price = (_traded_price(_price(prices, asset), asset) for asset in (old, new))
        if abs(ratio * new_price / old_price - 1) >= LARGEST_JUMP:
            raise DiscontinuousEventError(
                f"{number(ratio)} {new} at {number(new_price)} and one {old} at {number(old_price)} differ by "
                f"{LARGEST_JUMP:.0%} or more."
            )
        after = _with(_without(units, old), {new: received})
        before_value, after_value = (_value(basket, prices).quantize(STORED) for basket in (units, after))
        return Exchanged(after, before_value, after_value)


def rescale(units: Mapping[str, Decimal], *, asset_id: str, ratio: Decimal) -> Units:
    """Redenominate an asset that keeps its id: `ratio` new units for each old one, 10 when one becomes ten.

    The level does not move when the first price in the new units is the old one / ratio.

    Raises
    ------
    NotHeldError
        If the asset is not in the basket.
    ValueError
        If the ratio is not above 0.

    """
    with localcontext(EXACT):
        return {**units, asset_id: (_held(units, asset_id) * _checked(ratio)).quantize(STORED)}


def _reinvested(units: Mapping[str, Decimal], prices: Mapping[str, Decimal], proceeds: Decimal) -> Settled:
    """Scale what has a price so that it takes in the proceeds; the caller has set the decimal context."""
    priced = {asset: price for asset in units if (price := _price(prices, asset)) > 0}
    level = _value(units, prices) + proceeds
    if level <= proceeds:
        raise NothingSurvivesError("Nothing of value is left to take the proceeds in.")
    scaled = rescale_units([units[asset] for asset in priced], level, list(priced.values()))
    return Settled({**units, **dict(zip(priced, scaled, strict=True))}, level.quantize(STORED))


def _without(units: Mapping[str, Decimal], asset_id: str) -> Units:
    """Return the basket without an asset."""
    return {other: held for other, held in units.items() if other != asset_id}


def _with(units: Mapping[str, Decimal], more: Mapping[str, Decimal]) -> Units:
    """Return the basket with more units of some assets; what is too little to be stored is left out."""
    stored = {asset: given.quantize(STORED) for asset, given in more.items()}
    return {**units, **{asset: units.get(asset, Decimal(0)) + given for asset, given in stored.items() if given}}


def _value(units: Mapping[str, Decimal], prices: Mapping[str, Decimal]) -> Decimal:
    """Return the sum of units x prices."""
    return sum((held * _price(prices, asset) for asset, held in units.items()), Decimal(0))


def _held(units: Mapping[str, Decimal], asset_id: str) -> Decimal:
    """Return the units of an asset after refusing one that is not held."""
    if asset_id not in units:
        raise NotHeldError(f"{asset_id} is not in the basket.")
    return units[asset_id]


def _price(prices: Mapping[str, Decimal], asset_id: str) -> Decimal:
    """Return the price of an asset after refusing an unknown and a negative one."""
    if asset_id not in prices:
        raise MissingPriceError(f"{asset_id} has no price at the close of the event.")
    return _not_negative(prices[asset_id], asset_id)


def _not_negative(price: Decimal, name: str) -> Decimal:
    """Return a price after refusing a negative one."""
    if price < 0:
        raise ValueError(f"The price of {name} is {price}, below 0.")
    return price


def _traded_price(price: Decimal, name: str) -> Decimal:
    """Return a price at which something can be bought or sold."""
    if price <= 0:
        raise MissingPriceError(f"The price of {name} is {price}; nothing is bought or sold at it.")
    return price


def _checked(ratio: Decimal) -> Decimal:
    """Return a ratio after refusing one that is not above 0."""
    if ratio <= 0:
        raise ValueError(f"The ratio is {ratio}; it is above 0.")
    return ratio
