"""Files of other trackers, in the shapes that they document; what is expected was worked out by hand."""

from decimal import Decimal

from tests.portfolios.importers.read import at, questions, readings, rows, told

BERLIN = {"zone": "Europe/Berlin"}

# rotki

ROTKI_TRADES = """\
Location,Spend Currency,Receive Currency,Receive Amount,Spend Amount,Fee,Fee Currency,Description,Timestamp
binance,EUR,BTC,1,1000,5,EUR,Trade EUR to BTC,1659085200000
kraken,USDC,ETH,4.3,4576.6147,,,,1659171600000
kraken,DAI,EUR,20,20,0.1,,,1659171600000
bisq,BTC,EUR,20,0.5,0,,,1659171600
"""


def test_rotki_trades():
    bought, swapped, no_fee_asset, seconds = readings(ROTKI_TRADES)

    # 1659085200 seconds after 1970 are 2022-07-29 09:00:00 UTC.
    assert told(bought) == {
        "line": 2,
        "kind": "buy",
        "at": at("2022-07-29T09:00"),
        "asset": "BTC",
        "quantity": Decimal(1),
        "account": "binance",
        "amount": Decimal(1000),
        "currency": "EUR",
        "fee": Decimal(5),
        "fee_asset": "EUR",
        "note": "Trade EUR to BTC",
    }
    assert told(swapped) == {
        "line": 3,
        "kind": "swap",
        "at": at("2022-07-30T09:00"),
        "asset": "USDC",
        "quantity": Decimal("4576.6147"),
        "account": "kraken",
        "received_asset": "ETH",
        "received_quantity": Decimal("4.3"),
    }
    assert (no_fee_asset.line, no_fee_asset.column) == (4, "Fee Currency")
    # The same number as milliseconds lies in January 1970.
    assert (seconds.line, seconds.column) == (5, "Timestamp")
    assert "seconds where milliseconds belong" in seconds.message


ROTKI_EVENTS = """Type,Location,Currency,Amount,Fee,Fee Currency,Description,Timestamp
Deposit,kraken,EUR,1000,,,Deposit EUR to Kraken,1659085200000
Withdrawal,kraken,BTC,0.1,0.0005,BTC,,1659085200000
Income,coinbase,ETH,0.01,,,,1659085200000
Staking,kraken,DOT,1.5,,,,1659085200000
Loss,kraken,BTC,1,,,,1659085200000
Spend,wallet,BTC,0.2,,,coffee,1659085200000
Invalid,kraken,BTC,1,,,,1659085200000
"""


def test_rotki_events():
    found = readings(ROTKI_EVENTS)

    assert [getattr(one, "kind", None) for one in found] == [
        "deposit",
        "withdrawal",
        "income",
        "income",
        "loss",
        "sell",
        None,
    ]
    assert (found[1].quantity, found[1].fee, found[1].fee_asset) == (Decimal("0.1"), Decimal("0.0005"), "BTC")
    assert found[5].price is found[5].amount is None
    assert (found[6].line, found[6].column) == (8, "Type")


# Koinly

KOINLY = (
    "Transaction report 2024\n\n"
    "Date,Type,Tag,Sending Wallet,Sent Amount,Sent Currency,Sent Cost Basis,Receiving Wallet,Received Amount,"
    "Received Currency,Received Cost Basis,Fee Amount,Fee Currency,Gain (EUR),Net Value (EUR),Fee Value (EUR),TxSrc,"
    "TxDest,TxHash,Description\n"
    "2024-01-05 10:00:00 UTC,buy,,Kraken,1000,EUR,,Kraken,0.025,BTC,1000,2,EUR,,1000,2,,,,\n"
    "2024-01-06 10:00:00 UTC,exchange,,Kraken,0.01,BTC,400,Kraken,0.2,ETH,440,,,40,440,,,,,\n"
    "2024-01-07 10:00:00 UTC,transfer,,Kraken,0.01,BTC,400,Ledger,0.01,BTC,400,0.0001,BTC,,400,4,,,hash,\n"
    "2024-01-08 10:00:00 UTC,crypto_deposit,Reward,,,,,Kraken,0.5,DOT,3.5,,,,3.5,,,,,staked\n"
    "2024-01-09 10:00:00 UTC,crypto_deposit,,,,,,Kraken,1,ETH,2000,,,,2100,,,,,\n"
    "2024-01-10 10:00:00 UTC,crypto_withdrawal,,Kraken,1,ETH,2000,,,,,0.001,ETH,,2100,2.1,,,,\n"
    "2024-01-11 10:00:00 UTC,crypto_withdrawal,Cost,Kraken,0.1,ETH,200,,,,,,,10,210,,,,,shoes\n"
    "2024-01-12 10:00:00 UTC,crypto_deposit,Mystery,,,,,Kraken,1,ETH,,,,,,,,,,\n"
    "2024-01-13 10:00:00 UTC,exchange,,Kraken,1,ETH,,Ledger,0.05,BTC,,,,,,,,,,\n"
)


def test_koinly():
    bought, swapped, moved, reward, received, sent, spent, mystery, apart = readings(KOINLY)

    assert told(bought) == {
        "line": 4,
        "kind": "buy",
        "at": at("2024-01-05T10:00"),
        "asset": "BTC",
        "quantity": Decimal("0.025"),
        "account": "Kraken",
        "amount": Decimal(1000),
        "currency": "EUR",
        "fee": Decimal(2),
        "fee_asset": "EUR",
    }
    assert (swapped.kind, swapped.received_asset, swapped.received_quantity) == ("swap", "ETH", Decimal("0.2"))
    # What was sent reached the other wallet, so the fee left on top of it: 0.01 + 0.0001.
    assert (moved.kind, moved.quantity, moved.received_quantity) == ("transfer", Decimal("0.0101"), Decimal("0.01"))
    assert (moved.account, moved.to_account, moved.fee, moved.note) == ("Kraken", "Ledger", Decimal("0.0001"), "hash")
    assert (reward.kind, reward.amount, reward.currency, reward.note) == ("income", Decimal("3.5"), "EUR", "staked")
    # The cost basis that the file tells, not the value of the day.
    assert (received.kind, received.amount, received.currency) == ("deposit", 2000, "EUR")
    assert (sent.kind, sent.amount, sent.fee) == ("withdrawal", None, Decimal("0.001"))
    assert (spent.kind, spent.amount, spent.currency) == ("sell", 210, "EUR")
    assert (mystery.line, mystery.column) == (11, "Tag")
    assert (apart.line, apart.column) == (12, "Receiving Wallet")


def test_koinly_with_decimal_commas_and_the_universal_template():
    comma = KOINLY.splitlines()[2] + '\n2024-01-05 10:00:00 UTC,buy,,K,"1.000,50",EUR,,K,"0,025",BTC,,,,,,,,,,\n'
    template = (
        "Koinly Date,Sent Amount,Sent Currency,Received Amount,Received Currency,Fee Amount,Fee Currency,"
        "Net Worth Amount,Net Worth Currency,Label,Description,TxHash\n"
        "2024-01-05 10:00 UTC,,,5,ATOM,,,40,USD,reward,,abc\n"
    )

    (bought,), (reward,) = rows(comma), rows(template)

    assert (bought.amount, bought.quantity) == (Decimal("1000.5"), Decimal("0.025"))
    assert (reward.kind, reward.quantity, reward.amount, reward.currency) == ("income", 5, 40, "USD")


# CoinTracking

COINTRACKING = """"Type","Buy","Cur.","Sell","Cur.","Fee","Cur.","Exchange","Group","Comment","Date"
"Trade","1.00000000","BTC","505.00000000","USD","5.00000000","USD","Kraken","","","05.09.2017 10:20:30"
"Trade","0.99000000","BTC","500.00000000","USD","0.01000000","BTC","Kraken","","","05.09.2017 10:20:31"
"Trade","1","ETH","0.05","BTC","0.001","BNB","Binance","","","05.09.2017 10:20"
"Withdrawal","-","","1.00100000","BTC","0.00100000","BTC","Kraken","","","05.09.2017 12:00:00"
"Gift / Tip","2","DOGE","-","","-","","Wallet","","","05.09.2017 12:00:00"
"Other Fee","-","","0.001","BNB","-","","Binance","","","05.09.2017 12:00:00"
"Spend","-","","0.201","BTC","0.001","BTC","Wallet","","","05.09.2017 12:00:00"
"Teleport","1","BTC","-","","-","","Wallet","","","05.09.2017 12:00:00"
"""


def test_cointracking_takes_fees_out_of_the_amounts_that_hold_them():
    on_top, taken, third, sent, gift, fee, spent, unknown = readings(COINTRACKING, answers=BERLIN)

    # 505 USD were paid of which 5 are the fee; Berlin is two hours ahead in September.
    assert told(on_top) == {
        "line": 2,
        "kind": "buy",
        "at": at("2017-09-05T08:20:30"),
        "asset": "BTC",
        "quantity": Decimal(1),
        "account": "Kraken",
        "amount": Decimal(500),
        "currency": "USD",
        "fee": Decimal(5),
        "fee_asset": "USD",
    }
    # 0.99 BTC arrived after a fee of 0.01, so 1 BTC was bought.
    assert (taken.quantity, taken.amount, taken.fee, taken.fee_asset) == (1, 500, Decimal("0.01"), "BTC")
    assert (third.kind, third.fee) == ("swap", None)
    assert "Fee 0.001 BNB" in third.note
    assert (sent.kind, sent.quantity, sent.fee) == ("withdrawal", 1, Decimal("0.001"))
    assert (gift.kind, gift.asset, gift.quantity) == ("gift_in", "DOGE", 2)
    assert (fee.kind, fee.asset, fee.quantity) == ("fee", "BNB", Decimal("0.001"))
    assert (spent.kind, spent.quantity, spent.price) == ("sell", Decimal("0.2"), None)
    assert (unknown.line, unknown.column) == (9, "Type")


def test_cointracking_asks_for_the_zone_of_the_account():
    assert list(questions(COINTRACKING)) == ["zone"]


# Delta

DELTA = """\
Date,Way,Base amount,Base currency (name),Base type,Quote amount,Quote currency,Exchange,Sent/Received from,\
Sent to,Fee amount,Fee currency (name),Broker,Notes
2023-05-08 15:00:00-04:00,BUY,0.5,BTC (Bitcoin),CRYPTO,14000,USD,Coinbase,,,10,USD,,first
2023-05-09T08:00:00.000Z,SELL,1,ETH,CRYPTO,0.06,BTC,Kraken,,,,,,
2023-05-10T08:00:00.000Z,DEPOSIT,100,ARB (Arbitrum),CRYPTO,,,,AIRDROP,,,,,
2023-05-11T08:00:00.000Z,WITHDRAW,1,ETH,CRYPTO,,,Kraken,,OTHER_WALLET,0.001,ETH,,
2023-05-12T08:00:00.000Z,TRANSFER,1,BTC,CRYPTO,,,,Kraken,MY_WALLET,0.0002,BTC,,
2023-05-13T08:00:00.000Z,BUY,5,TSLA,STOCK,1250,USD,Nasdaq,,,,,,
2023-05-14T08:00:00.000Z,STAKE,5,SOL,CRYPTO,,,,,,,,,
"""


def test_delta():
    bought, swapped, airdrop, sent, moved, stock, unknown = readings(DELTA)

    assert told(bought) == {
        "line": 2,
        "kind": "buy",
        "at": at("2023-05-08T19:00"),
        "asset": "BTC",
        "quantity": Decimal("0.5"),
        "account": "Coinbase",
        "amount": Decimal(14000),
        "currency": "USD",
        "fee": Decimal(10),
        "fee_asset": "USD",
        "note": "first",
    }
    assert (swapped.kind, swapped.asset, swapped.received_asset) == ("swap", "ETH", "BTC")
    assert swapped.received_quantity == Decimal("0.06")
    assert (airdrop.kind, airdrop.asset, airdrop.price) == ("airdrop", "ARB", None)
    assert (sent.kind, sent.quantity, sent.fee, sent.fee_asset) == ("withdrawal", 1, Decimal("0.001"), "ETH")
    # Amounts of Delta are without fees: 1.0002 leaves, 1 arrives.
    assert (moved.kind, moved.quantity, moved.received_quantity) == ("transfer", Decimal("1.0002"), 1)
    assert (moved.account, moved.to_account) == ("Kraken", "MY_WALLET")
    assert (stock.line, stock.column) == (7, "Base type")
    assert (unknown.line, unknown.column) == (8, "Way")


# Wealthfolio

WEALTHFOLIO = """date,symbol,instrumentType,quantity,activityType,unitPrice,currency,fee,amount,fxRate,subtype
2024-01-15T10:00:00Z,BTC,CRYPTO,0.5,BUY,40000,EUR,2,,,
2024-01-16T10:00:00Z,ETH,CRYPTO,0.01,INTEREST,2300,EUR,,,,STAKING_REWARD
2024-01-17T10:00:00Z,$CASH-EUR,,1,DEPOSIT,500,EUR,,500,,
2024-01-18T10:00:00Z,$CASH-EUR,,,FEE,,EUR,3.5,,,
2024-01-19T10:00:00Z,BTC,CRYPTO,0.5,TRANSFER_OUT,,EUR,,,,
2024-01-20T10:00:00Z,BTC,CRYPTO,2,SPLIT,,EUR,,,,
"""


def test_wealthfolio():
    bought, reward, deposit, fee, sent, split = readings(WEALTHFOLIO)

    assert (bought.kind, bought.quantity, bought.price, bought.currency, bought.fee) == (
        "buy",
        Decimal("0.5"),
        40000,
        "EUR",
        2,
    )
    assert (reward.kind, reward.asset, reward.quantity, reward.price) == ("income", "ETH", Decimal("0.01"), 2300)
    assert (deposit.kind, deposit.asset, deposit.quantity) == ("deposit", "EUR", 500)
    assert (fee.kind, fee.asset, fee.quantity, fee.fee) == ("fee", "EUR", Decimal("3.5"), None)
    assert (sent.kind, sent.quantity, sent.price) == ("withdrawal", Decimal("0.5"), None)
    assert (split.line, split.column) == (7, "activityType")
