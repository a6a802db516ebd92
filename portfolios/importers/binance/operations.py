"""What the operations of Binance's statement are to the ledger, by their names in lower case."""

# Both legs of a trade, by the generations of the statement; legs of one set belong together.
TRADES = (
    frozenset({"transaction buy", "transaction spend"}),
    frozenset({"transaction sold", "transaction revenue"}),
    frozenset({"buy", "sell", "transaction related"}),
)
FEES = frozenset({"fee", "transaction fee"})

# Trades whose legs share the name of the operation.
EXCHANGES = frozenset({
    "asset conversion transfer", "auto-invest transaction", "binance convert", "buy crypto with fiat", "convert",
    "futures convert", "large otc trading", "leverage token redemption", "liquid swap sell",
    "sell crypto to fiat", "sell crypto with fiat", "small assets exchange bnb", "stablecoins auto-conversion",
    "swap farming transaction",
})  # fmt: skip

TRANSFERS = frozenset(
    {"deposit", "fiat deposit", "withdraw", "fiat withdraw", "withdrawal", "fiat withdrawal", "send", "p2p trading"}
)

INCOME = frozenset({
    "bnb vault rewards", "campaign related reward", "cash voucher", "cash voucher distribution",
    "commission fee shared with you", "commission history", "commission rebate", "distribution",
    "dot slot auction rewards", "eth 2.0 staking rewards", "launchpool earnings withdrawal", "launchpool interest",
    "liquid swap rewards", "mission reward distribution", "pool distribution", "pos savings interest",
    "referee rebates", "referral commission", "referral kickback", "referrer rebates", "savings distribution",
    "savings interest", "simple earn flexible interest", "simple earn locked interest", "simple earn locked rewards",
    "staking rewards", "super bnb mining", "swap farming rewards",
})  # fmt: skip

AIRDROPS = frozenset({
    "airdrop assets", "hodler airdrops distribution", "launchpool airdrop",
    "launchpool airdrop - system distribution", "simple earn flexible airdrop",
})  # fmt: skip

# What moves between the accounts of one owner at Binance: spot, funding, earn, margin and futures are one wallet here.
MOVES = frozenset({
    "launchpad subscribe", "launchpool subscription/redemption", "liquid swap add", "liquid swap add/sell",
    "liquidity farming remove", "pos savings purchase", "pos savings redemption", "savings principal redemption",
    "savings purchase", "simple earn flexible redemption", "simple earn flexible subscription",
    "simple earn locked redemption", "simple earn locked subscription", "staking purchase", "staking redemption",
    "transfer_in", "transfer_out",
})  # fmt: skip
MOVES_BEGIN = "transfer between "

# What derivatives earn or cost: income when it comes in, a fee when it goes out.
RESULTS = frozenset(
    {"funding fee", "insurance fund compensation", "realize profit and loss", "realized profit and loss"}
)

LOANS = frozenset({"margin loan", "isolated margin loan", "margin repayment", "isolated margin repayment"})

RENAMINGS = frozenset({
    "asset recovery", "eth 2.0 staking", "leveraged coin consolidation", "token swap - distribution",
    "token swap - redenomination/rebranding",
})  # fmt: skip
