"""What Coinbase's types of transactions are to the ledger, by their names in lower case."""

BUYS = frozenset({"buy", "advanced trade buy", "advance trade buy"})
SELLS = frozenset({"sell", "advanced trade sell", "advance trade sell", "retail simple dust"})
SPENDS = frozenset({"card spend"})

INCOME = frozenset({
    "coinbase earn", "incentives rewards payout", "inflation reward", "interest payout", "learning reward",
    "reward income", "rewards income", "staking income", "subscription rebate", "subscription rebates (24 hours)",
})  # fmt: skip
# Older files call a reward a Receive, and say in the note what it was.
REWARDS_IN_NOTES = ("coinbase earn", "coinbase rewards", "coinbase referral")

# Coinbase names moves to and from its exchange by the exchange: its deposit is a withdrawal here.
INCOMING = frozenset({"receive", "deposit", "exchange withdrawal", "pro withdrawal", "prime withdrawal"})
OUTGOING = frozenset({"send", "withdrawal", "exchange deposit", "pro deposit", "prime deposit"})

MOVES = frozenset({
    "cash to savings", "retail staking transfer", "retail unstaking transfer", "savings to cash", "vault withdrawal",
})  # fmt: skip
MIGRATIONS = frozenset({"asset migration", "retail eth2 deprecation"})
