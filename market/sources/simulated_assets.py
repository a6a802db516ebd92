"""The 60 invented assets of the simulated market: a table, in the order in which random numbers are dealt to them.

Every name ends in "(simulated)", every id starts with "sim-", every symbol with a small s.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Coin:
    """One invented asset; money in USD, `cap` in millions, both as of its first day; days count from the anchor."""

    word: str
    symbol: str
    sector: str
    price: float
    cap: float
    beta: float = 1.0  # answer to the market's return
    noise: float = 0.03  # own daily volatility, a fraction of 1
    turnover: float = 0.05  # value traded a day, a fraction of the market cap
    inflation: float = 0.03  # yearly growth of the supply, a fraction of the first supply
    jurisdiction: str = "global"
    year: int = 2018
    listed: int = 0
    last: int | None = None  # last day with a price
    cap_unknown: int = 0  # days from the first without a market cap
    gap_rate: float = 0.0  # chance of a missing day
    outage: tuple[int, int] | None = None  # first and last missing day of one longer gap
    parent: str = ""  # symbol of what a wrapped asset follows
    jumps: tuple[tuple[int, float], ...] = ()  # (days after COLLAPSE, extra return)
    off_peg: tuple[tuple[int, float], ...] = ()  # (days after DEPEG, distance from the peg)

    @property
    def id(self) -> str:
        """The immutable key."""
        return "sim-" + self.word.lower().replace(" ", "-")

    @property
    def name(self) -> str:
        """The name that says what it is."""
        return f"{self.word} (simulated)"

    @property
    def token_type(self) -> str:
        """What kind of token it is, which here follows from the sector."""
        if self.sector == "stablecoin":
            return "stablecoin"
        return "currency" if self.sector in {"payments", "memecoin", "privacy"} else "utility"

    @property
    def pegged(self) -> bool:
        """Whether the price follows another price instead of living its own life."""
        return self.sector in {"stablecoin", "wrapped"}


COLLAPSE = 610  # the day on which Krakatoa's mechanism fails
DEPEG = 900  # the day on which Tilt USD leaves its peg

COINS = (
    # payments, named after metals
    Coin(word="Aurum", symbol="sAUR", sector="payments", price=22_000, cap=420_000, beta=0.95, noise=0.009,
         turnover=0.035, inflation=0.017, year=2010),
    Coin(word="Argent", symbol="sARG", sector="payments", price=0.82, cap=38_000, noise=0.026,
         jurisdiction="United States", year=2013),
    Coin(word="Ferrum", symbol="sFRM", sector="payments", price=140, cap=9_600, noise=0.023,
         jurisdiction="Singapore", year=2012, turnover=0.08),
    Coin(word="Cuprum", symbol="sCUP", sector="payments", price=0.24, cap=5_900, noise=0.024,
         jurisdiction="United States", year=2014, gap_rate=0.003),
    Coin(word="Stannum", symbol="sSTN", sector="payments", price=310, cap=5_400, noise=0.027,
         year=2017, turnover=0.09),
    # layer1, after landscapes
    Coin(word="Meridian", symbol="sMRD", sector="layer1", price=1_500, cap=180_000, beta=1.08, noise=0.014,
         turnover=0.045, inflation=0.005, jurisdiction="Switzerland", year=2015),
    Coin(word="Fjord", symbol="sFJD", sector="layer1", price=98, cap=34_000, beta=1.25, noise=0.032,
         jurisdiction="Switzerland", year=2020, inflation=0.06),
    Coin(word="Basalt", symbol="sBSL", sector="layer1", price=1.1, cap=36_000, beta=1.1, noise=0.026,
         jurisdiction="Switzerland", year=2017),
    Coin(word="Cascade", symbol="sCSC", sector="layer1", price=61, cap=15_000, beta=1.2, noise=0.032,
         jurisdiction="United States", year=2020, inflation=0.05),
    Coin(word="Tundra", symbol="sTND", sector="layer1", price=22, cap=21_000, beta=1.15, noise=0.029,
         jurisdiction="Switzerland", year=2020, inflation=0.08),
    Coin(word="Savanna", symbol="sSVN", sector="layer1", price=0.075, cap=7_400, beta=0.85, noise=0.021,
         jurisdiction="Singapore", year=2017, turnover=0.12),
    Coin(word="Mesa", symbol="sMSA", sector="layer1", price=17, cap=4_800, beta=1.15, noise=0.031,
         jurisdiction="Switzerland", year=2019, inflation=0.09),
    Coin(word="Lagoon", symbol="sLGN", sector="layer1", price=9.5, cap=6_100, beta=1.2, noise=0.035,
         jurisdiction="Switzerland", year=2020, outage=(1_012, 1_015)),
    Coin(word="Glacier", symbol="sGLC", sector="layer1", price=28, cap=5_600, noise=0.03,
         jurisdiction="Switzerland", year=2021, cap_unknown=75),
    Coin(word="Canyon", symbol="sCNY", sector="layer1", price=0.21, cap=3_900, noise=0.028,
         jurisdiction="United States", year=2019, inflation=0.07),
    Coin(word="Estuary", symbol="sEST", sector="layer1", price=0.9, cap=2_700, noise=0.029,
         jurisdiction="Singapore", year=2019),
    Coin(word="Steppe", symbol="sSTP", sector="layer1", price=34, cap=3_300, noise=0.027, year=2016),
    Coin(word="Atoll", symbol="sATL", sector="layer1", price=1.3, cap=1_150, beta=1.2, noise=0.037,
         jurisdiction="United States", year=2023, listed=520, inflation=0.15, cap_unknown=40),
    Coin(word="Moraine", symbol="sMOR", sector="layer1", price=8.2, cap=1_400, beta=1.2, noise=0.036,
         jurisdiction="United States", year=2022, listed=330, inflation=0.12),
    Coin(word="Krakatoa", symbol="sKRK", sector="layer1", price=64, cap=23_000, beta=1.2, noise=0.033,
         jurisdiction="Singapore", year=2019, last=COLLAPSE + 85,
         jumps=((0, -0.32), (1, -0.58), (2, -0.96), (3, -0.91), (4, 0.45), (5, -0.62), (9, -0.4), (16, -0.3))),
    # layer2, after parts of a house
    Coin(word="Terrace", symbol="sTRC", sector="layer2", price=1.6, cap=9_800, beta=1.25, noise=0.033, year=2019),
    Coin(word="Mezzanine", symbol="sMZZ", sector="layer2", price=1.2, cap=1_500, beta=1.25, noise=0.036,
         jurisdiction="Cayman Islands", year=2023, listed=480, inflation=0.15, cap_unknown=60),
    Coin(word="Balcony", symbol="sBLC", sector="layer2", price=2.1, cap=620, beta=1.25, noise=0.038,
         jurisdiction="Cayman Islands", year=2022, listed=190, inflation=0.12),
    # defi, after words of old trade
    Coin(word="Bourse", symbol="sBRS", sector="defi", price=17, cap=7_600, beta=1.2, noise=0.031,
         jurisdiction="United States", year=2020, turnover=0.04),
    Coin(word="Lombard", symbol="sLMB", sector="defi", price=190, cap=2_500, beta=1.2, noise=0.03,
         jurisdiction="United Kingdom", year=2020, turnover=0.08),
    Coin(word="Abacus", symbol="sABC", sector="defi", price=2_300, cap=2_100, beta=1.0, noise=0.029, year=2017),
    Coin(word="Tontine", symbol="sTNT", sector="defi", price=2.4, cap=1_800, beta=1.3, noise=0.036, year=2021,
         cap_unknown=110),
    Coin(word="Escrow", symbol="sESC", sector="defi", price=3.1, cap=1_300, beta=1.2, noise=0.036,
         jurisdiction="Switzerland", year=2020, inflation=0.1, turnover=0.1),
    Coin(word="Usance", symbol="sUSN", sector="defi", price=5.2, cap=620, beta=1.25, noise=0.035,
         jurisdiction="Australia", year=2018),
    Coin(word="Agio", symbol="sAGO", sector="defi", price=130, cap=880, beta=1.2, noise=0.032,
         jurisdiction="United States", year=2020, gap_rate=0.002),
    Coin(word="Tally", symbol="sTLY", sector="defi", price=6.4, cap=540, beta=1.3, noise=0.037,
         jurisdiction="Switzerland", year=2021, turnover=0.12),
    Coin(word="Scrip", symbol="sSCP", sector="defi", price=38, cap=330, beta=1.2, noise=0.034, year=2022, listed=120),
    Coin(word="Annuity", symbol="sANN", sector="defi", price=0.55, cap=910, beta=1.3, noise=0.04, year=2024,
         listed=860, inflation=0.2, turnover=0.15, cap_unknown=30),
    Coin(word="Florilege", symbol="sFLO", sector="defi", price=0.31, cap=96, beta=1.25, noise=0.041, year=2020,
         turnover=0.018, gap_rate=0.004),
    # artificial intelligence
    Coin(word="Cogito", symbol="sCGT", sector="ai", price=0.44, cap=780, beta=1.3, noise=0.041,
         jurisdiction="United Kingdom", year=2019, turnover=0.09),
    Coin(word="Axon", symbol="sAXN", sector="ai", price=52, cap=640, beta=1.3, noise=0.043, year=2023, listed=560,
         inflation=0.14),
    # memecoin, after things to eat
    Coin(word="Waffle", symbol="sWFL", sector="memecoin", price=0.16, cap=21_000, beta=1.1, noise=0.036, year=2013,
         turnover=0.06),
    Coin(word="Turnip", symbol="sTRN", sector="memecoin", price=0.000021, cap=11_500, beta=1.15, noise=0.042,
         year=2020, turnover=0.07),
    Coin(word="Noodle", symbol="sNDL", sector="memecoin", price=0.0034, cap=880, beta=1.2, noise=0.048, year=2021,
         turnover=0.12),
    Coin(word="Crumpet", symbol="sCRP", sector="memecoin", price=0.0000012, cap=540, beta=1.3, noise=0.052, year=2023,
         listed=510, turnover=0.25),
    Coin(word="Pretzel", symbol="sPRZ", sector="memecoin", price=0.11, cap=460, beta=1.3, noise=0.051, year=2022,
         listed=260, turnover=0.18),
    Coin(word="Dumpling", symbol="sDMP", sector="memecoin", price=0.000014, cap=390, beta=1.3, noise=0.05, year=2022,
         listed=400, turnover=0.2, gap_rate=0.003),
    Coin(word="Gherkin", symbol="sGHK", sector="memecoin", price=0.64, cap=520, beta=1.35, noise=0.054, year=2024,
         listed=790, turnover=0.3),
    Coin(word="Muffin", symbol="sMUF", sector="memecoin", price=0.0071, cap=120, beta=1.2, noise=0.05, year=2021,
         turnover=0.03),
    # gaming and nft
    Coin(word="Joystick", symbol="sJOY", sector="gaming", price=3.9, cap=4_100, beta=1.25, noise=0.037, year=2020),
    Coin(word="Polygonia", symbol="sPLG", sector="gaming", price=2.7, cap=3_200, beta=1.25, noise=0.038,
         jurisdiction="Vietnam", year=2020, inflation=0.1),
    Coin(word="Easel", symbol="sESL", sector="nft", price=7.5, cap=2_300, beta=1.2, noise=0.038,
         jurisdiction="Canada", year=2020),
    # rwa, privacy, infrastructure, exchange
    Coin(word="Brickwork", symbol="sBRK", sector="rwa", price=0.36, cap=480, beta=1.1, noise=0.035,
         jurisdiction="United States", year=2024, listed=830, inflation=0.12),
    Coin(word="Granary", symbol="sGRN", sector="rwa", price=0.05, cap=130, beta=0.9, noise=0.039,
         jurisdiction="Switzerland", year=2021, turnover=0.025),
    Coin(word="Veil", symbol="sVEL", sector="privacy", price=165, cap=3_000, beta=0.85, noise=0.022,
         year=2014),
    Coin(word="Umbra", symbol="sUMB", sector="privacy", price=92, cap=1_050, beta=1.0, noise=0.03,
         jurisdiction="United States", year=2016, turnover=0.08),
    Coin(word="Signpost", symbol="sSGP", sector="infrastructure", price=18, cap=8_500, beta=1.15, noise=0.027,
         jurisdiction="Cayman Islands", year=2017, inflation=0.05),
    Coin(word="Conduit", symbol="sCND", sector="infrastructure", price=31, cap=4_300, beta=1.15, noise=0.033,
         jurisdiction="United States", year=2020, inflation=0.1, outage=(1_340, 1_342)),
    Coin(word="Bazaar", symbol="sBZR", sector="exchange", price=420, cap=68_000, beta=0.9, noise=0.018, year=2017,
         turnover=0.02, inflation=0.0),
    Coin(word="Agora", symbol="sAGR", sector="exchange", price=0.41, cap=9_900, beta=1.05, noise=0.026,
         jurisdiction="Singapore", year=2018, turnover=0.01),
    # what only the stable sleeve holds, and what follows another asset
    Coin(word="Plumb USD", symbol="sUSP", sector="stablecoin", price=1, cap=72_000, noise=0.0004, turnover=0.5,
         inflation=0.16, jurisdiction="El Salvador", year=2014),
    Coin(word="Level USD", symbol="sUSL", sector="stablecoin", price=1, cap=36_000, noise=0.0003, turnover=0.15,
         inflation=0.08, jurisdiction="United States", year=2018),
    Coin(word="Tilt USD", symbol="sTLT", sector="stablecoin", price=1, cap=6_500, noise=0.0011, turnover=0.06,
         inflation=0.02, year=2017,
         off_peg=((0, -0.025), (1, -0.118), (2, -0.094), (3, -0.061), (4, -0.032), (5, -0.018), (6, -0.008))),
    Coin(word="Wrapped Aurum", symbol="sWAU", sector="wrapped", price=1, cap=9_200, noise=0.0009, turnover=0.03,
         year=2019, parent="sAUR"),
    Coin(word="Staked Meridian", symbol="sSTM", sector="wrapped", price=1, cap=5_100, noise=0.0018, turnover=0.01,
         inflation=0.3, year=2020, parent="sMRD", gap_rate=0.002),
)  # fmt: skip
