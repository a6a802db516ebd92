"""Kraken's ledgers and trades, in the shapes that it writes; what is expected was worked out by hand."""

from decimal import Decimal

import pytest
from hypothesis import given, settings, strategies as st

from portfolios.importers.rows import ParsedRow, RowError, SkippedRow
from tests.portfolios.importers.read import at, readings, told

OLD = '"txid","refid","time","type","subtype","aclass","asset","amount","fee","balance"\n'
NEW = '"txid","refid","time","type","subtype","aclass","subclass","asset","wallet","amount","fee","balance"\n'


def ledgers(*lines, header=OLD):
    """Read rows of the ledgers under the old header."""
    return readings(header + "\n".join(lines) + "\n")


def transactions(*lines):
    """Read rows of which at least one becomes a transaction; none is an error."""
    found = ledgers(*lines)
    assert [one for one in found if isinstance(one, RowError)] == []
    return [one for one in found if isinstance(one, ParsedRow)]


def test_two_rows_of_one_refid_are_one_trade():
    bought, rest = ledgers(
        '"L1","T1","2024-03-19 19:43:31.1234","trade","","currency","ZEUR",-100.0000,0.1800,899.8200',
        '"L2","T1","2024-03-19 19:43:31.1234","trade","","currency","XXBT",0.0020000000,0,0.0020000000',
    )

    # 100 EUR for 0.002 BTC, and 0.18 EUR on top: the balance fell by 100.18.
    assert told(bought) == {
        "line": 2,
        "kind": "buy",
        "at": at("2024-03-19T19:43:31.123400"),
        "asset": "BTC",
        "quantity": Decimal("0.002"),
        "amount": Decimal(100),
        "currency": "EUR",
        "fee": Decimal("0.18"),
        "fee_asset": "EUR",
        "external_id": "T1",
    }
    assert isinstance(rest, SkippedRow)
    assert (rest.line, rest.reason) == (3, "It is part of the trade that line 2 begins.")


def test_the_newer_header_reads_alike():
    [sold, _] = ledgers(
        '"L1","T1","2024-04-02 10:15:00","trade","tradespot","currency","crypto","LTC","spot / main",-1,0,0',
        '"L2","T1","2024-04-02 10:15:00","trade","tradespot","currency","fiat","EUR","spot / main",80,0.2,979',
        header=NEW,
    )

    assert (sold.kind, sold.asset, sold.quantity, sold.amount, sold.fee) == ("sell", "LTC", 1, 80, Decimal("0.2"))


def test_a_card_purchase_is_spend_and_receive():
    [bought] = transactions(
        '"L1","Q1","2024-05-01 08:00:00","spend","","currency","ZEUR",-50.0000,0,929.62',
        '"L2","Q1","2024-05-01 08:00:00","receive","","currency","XXBT",0.001,0.00001,0.003',
    )

    assert (bought.kind, bought.amount, bought.quantity) == ("buy", 50, Decimal("0.001"))
    assert (bought.fee, bought.fee_asset) == (Decimal("0.00001"), "BTC")


def test_equal_amounts_are_still_a_trade():
    [sold] = transactions(
        '"L1","T1","2024-05-01 08:00:00","trade","","currency","USDC",-10.00,0,0',
        '"L2","T1","2024-05-01 08:00:00","trade","","currency","ZUSD",10.00,0,10',
    )

    assert (sold.kind, sold.asset, sold.quantity, sold.amount, sold.currency) == ("sell", "USDC", 10, 10, "USD")


def test_dollars_between_two_coins_cancel():
    [swapped] = transactions(
        '"L1","T1","2024-05-01 08:00:00","trade","","currency","XXBT",-0.1,0,0',
        '"L2","T1","2024-05-01 08:00:00","trade","","currency","ZUSD",6000.00,0,6000',
        '"L3","T1","2024-05-01 08:00:00","trade","","currency","ZUSD",-6000.00,0,0',
        '"L4","T1","2024-05-01 08:00:00","trade","","currency","XETH",2,0.005,2',
    )

    assert told(swapped) == {
        "line": 2,
        "kind": "swap",
        "at": at("2024-05-01T08:00"),
        "asset": "BTC",
        "quantity": Decimal("0.1"),
        "fee": Decimal("0.005"),
        "fee_asset": "ETH",
        "received_asset": "ETH",
        "received_quantity": Decimal(2),
        "external_id": "T1",
    }


def test_fees_on_both_sides_are_both_kept():
    bought, fee = transactions(
        '"L1","T1","2024-05-01 08:00:00","trade","","currency","ZEUR",-100,0.16,0',
        '"L2","T1","2024-05-01 08:00:00","trade","","currency","XXBT",0.002,0.000001,0',
    )

    assert (bought.fee, bought.fee_asset, bought.external_id) == (Decimal("0.16"), "EUR", "T1")
    assert (fee.kind, fee.quantity, fee.asset, fee.external_id) == ("fee", Decimal("0.000001"), "BTC", "T1:fee")


def test_a_fee_in_credits_takes_no_money_and_is_noted_at_a_cent_each():
    [bought] = transactions(
        '"L1","T1","2024-05-01 08:00:00","trade","","currency","ZEUR",-100,0,0',
        '"L2","T1","2024-05-01 08:00:00","trade","","currency","XXBT",0.002,0,0',
        '"L3","T1","2024-05-01 08:00:00","trade","","currency","KFEE",0,26.00,974',
    )

    # 26 credits at 0.01 USD.
    assert (bought.fee, bought.fee_asset) == (None, "")
    assert "26 fee credits, worth 0.26 USD" in bought.note


def test_granted_credits_are_no_asset():
    [grant] = ledgers('"L1","T1","2024-05-01 08:00:00","transfer","","currency","KFEE",1000,0,1000')

    assert isinstance(grant, SkippedRow)


def test_one_side_of_a_trade_is_refused_with_its_line():
    [alone] = ledgers('"L1","T1","2024-05-01 08:00:00","trade","","currency","XXBT",-0.001,0,0.009')

    assert (alone.line, type(alone)) == (2, RowError)
    assert "Line 2" in alone.message
    assert "-0.001 BTC" in alone.message


def test_a_trade_with_a_row_that_cannot_be_read_is_refused_whole():
    first, second, third = ledgers(
        '"L1","T1","2024-05-01 08:00:00","trade","","currency","XXBT",-0.1,0,0',
        '"L2","T1","2024-05-01 08:00:00","trade","","currency","ZEUR",n/a,0,0',
        '"L3","T1","2024-05-01 08:00:00","trade","","currency","ZEUR",3000,0,3000',
    )

    assert {type(one) for one in (first, second, third)} == {RowError}
    assert (second.line, second.column) == (3, "amount")
    assert "line 3" in first.message
    assert "line 3" in third.message


def test_deposits_and_withdrawals_keep_their_fee_and_have_no_price():
    came, went = transactions(
        '"","Q1","2024-01-05 11:00:00","deposit","","currency","ZEUR",1000.0000,0,',
        '"L1","Q1","2024-01-05 12:00:00","deposit","","currency","ZEUR",1000.0000,3.5,996.5',
        '"L2","Q2","2024-06-10 09:00:00","withdrawal","","currency","XLTC",-0.9212,0.002,0.15',
    )

    assert (came.line, came.kind, came.asset, came.quantity, came.fee) == (3, "deposit", "EUR", 1000, Decimal("3.5"))
    assert told(went) == {
        "line": 4,
        "kind": "withdrawal",
        "at": at("2024-06-10T09:00"),
        "asset": "LTC",
        "quantity": Decimal("0.9212"),
        "fee": Decimal("0.002"),
        "fee_asset": "LTC",
        "external_id": "Q2",
    }


def test_what_is_announced_and_not_booked_is_left_out():
    [announced] = ledgers('"","Q1","2024-01-05 11:00:00","deposit","","currency","ZEUR",1000.0000,0,')

    assert isinstance(announced, SkippedRow)


def test_a_withdrawal_that_came_back_cancels():
    found = ledgers(
        '"L1","Q1","2024-06-10 09:00:00","withdrawal","","currency","XLTC",-0.9,0.002,0',
        '"L2","Q1","2024-06-10 10:00:00","withdrawal","","currency","XLTC",0.9,-0.002,0.902',
    )

    assert [type(one) for one in found] == [SkippedRow, SkippedRow]


def test_a_deposit_that_was_taken_back_alone_is_a_withdrawal():
    [back] = transactions('"L1","Q1","2024-06-10 09:00:00","deposit","","currency","ZEUR",-50,0,0')

    assert (back.kind, back.quantity, back.note) == ("withdrawal", 50, "Kraken took a deposit back.")


@pytest.mark.parametrize(
    ("type_", "subtype", "asset", "ticker"),
    [
        ("staking", "", "ADA.S", "ADA"),
        ("staking", "", "ETH2.S", "ETH"),
        ("earn", "reward", "XBT.M", "BTC"),
        ("earn", "reward", "DOT28.S", "DOT"),
        ("dividend", "", "AAPLX", "AAPLX"),
        ("invite bonus", "", "XXBT", "BTC"),
    ],
)
def test_rewards_are_income(type_, subtype, asset, ticker):
    [reward] = transactions(f'"L1","S1","2024-06-01 01:00:00","{type_}","{subtype}","currency","{asset}",5,0.5,105')

    assert (reward.kind, reward.asset, reward.quantity, reward.external_id) == ("income", ticker, 5, "S1")
    assert (reward.fee, reward.fee_asset) == (Decimal("0.5"), ticker)
    assert reward.price is None


@pytest.mark.parametrize(
    ("type_", "subtype"),
    [
        ("earn", "allocation"),
        ("earn", "autoallocation"),
        ("earn", "deallocation"),
        ("transfer", "spottostaking"),
        ("transfer", "stakingfromspot"),
        ("transfer", "spotfromfutures"),
    ],
)
def test_moves_within_kraken_are_left_out_even_alone(type_, subtype):
    [move] = ledgers(f'"L1","R1","2023-07-03 09:00:00","{type_}","{subtype}","currency","ATOM.S",20,0,20')

    assert isinstance(move, SkippedRow)
    assert "move within Kraken" in move.reason


@pytest.mark.parametrize("refid", ["R1", "Unknown"])
def test_rows_without_a_subtype_that_cancel_are_a_move(refid):
    found = ledgers(
        f'"L1","{refid}","2024-03-11 16:31:11","earn","","currency","BTC.M",-0.01,0,0',
        f'"L2","{refid}","2024-03-11 16:31:11","earn","","currency","BTC",0.01,0,0.01',
    )

    assert [type(one) for one in found] == [SkippedRow, SkippedRow]


def test_earn_without_a_subtype_is_not_guessed_to_be_a_reward():
    [unclear] = ledgers('"L1","Unknown","2024-03-12 09:29:47","earn","","currency","BTC",0.0000000841,0,0.01')

    assert (type(unclear), unclear.column) == (RowError, "subtype")
    assert "reward or a move" in unclear.message


def test_transfers_of_unknown_reason_come_or_go():
    came, went, dropped = transactions(
        '"L1","R1","2023-02-06 08:00:00","transfer","","currency","FLR",150,0,150',
        '"L2","R2","2023-02-06 08:00:00","transfer","","currency","XXBT",-0.01,0,0',
        '"L3","R3","2023-02-06 08:00:00","transfer","airdrop","currency","SGB",40,0,40',
    )

    assert (came.kind, went.kind, dropped.kind) == ("deposit", "withdrawal", "airdrop")
    assert "airdrop" in came.note


def test_one_asset_that_becomes_another_is_refused():
    alone, *both = ledgers(
        '"L1","R1","2023-05-02 08:00:00","transfer","delistingconversion","currency","NANO",-30,0,0',
        '"L2","R2","2023-05-02 08:00:00","transfer","","currency","SOL",-5,0,0',
        '"L3","R2","2023-05-02 08:00:00","transfer","","currency","KSM",5,0,5',
    )

    assert [type(one) for one in (alone, *both)] == [RowError] * 3
    assert "Lines 3 and 4" in both[0].message


def test_margin_earns_or_costs_and_a_settled_position_is_a_trade():
    gain, loss, rolled, settled = transactions(
        '"L1","M1","2024-04-15 14:00:00","margin","","currency","ZUSD",25.00,5.00,0',
        '"L2","M2","2024-04-15 15:00:00","margin","","currency","ZUSD",-10.00,5.00,0',
        '"L3","M3","2024-04-16 14:00:00","rollover","","currency","ZUSD",0,0.50,0',
        '"L4","M4","2024-04-17 14:00:00","settled","","currency","XXBT",0.01,0,0',
        '"L5","M4","2024-04-17 14:00:00","settled","","currency","ZUSD",-600,0,0',
    )

    assert [(one.kind, one.asset, one.quantity) for one in (gain, loss, rolled)] == [
        ("income", "USD", 20),
        ("fee", "USD", 15),
        ("fee", "USD", Decimal("0.5")),
    ]
    assert (settled.kind, settled.asset, settled.amount) == ("buy", "BTC", 600)


@pytest.mark.parametrize(("type_", "subtype"), [("adjustment", ""), ("nfttrade", ""), ("transfer", "vaultmove")])
def test_unknown_types_are_refused_and_the_rest_goes_on(type_, subtype):
    unknown, deposit = ledgers(
        f'"L1","A1","2024-03-04 00:00:00","{type_}","{subtype}","currency","XXDG",1,0,1',
        '"L2","Q1","2024-03-05 00:00:00","deposit","","currency","XXDG",7,0,8',
    )

    assert (type(unknown), unknown.line) == (RowError, 2)
    assert (deposit.kind, deposit.asset, deposit.quantity) == ("deposit", "DOGE", 7)


def test_rows_that_share_a_refid_get_ids_of_their_own():
    first, second = transactions(
        '"L2","S1","2024-06-02 01:00:00","staking","","currency","ADA.S",2,0,7',
        '"L1","S1","2024-06-01 01:00:00","staking","","currency","ADA.S",5,0,5',
    )

    # The earlier one keeps the id, wherever it stands: rows that a later file adds take no other's.
    assert (first.external_id, second.external_id) == ("S1#2", "S1")


TRADES = (
    "txid,ordertxid,pair,time,type,ordertype,price,cost,fee,vol,margin,misc,ledgers\n"
    'T1,O1,XXBTZEUR,2024-03-19 19:43:31.1234,buy,limit,50000,100.0,0.18,0.002,0.0,,"L1,L2"\n'
    'T2,O2,XETHXXBT,2024-03-20 10:00:00,sell,market,0.05,0.1,0.00026,2,0.0,,"L3,L4"\n'
    'T3,O3,XXBTZUSD,2024-03-21 10:00:00,buy,market,60000,600,1,0.01,120,initiated,"L5"\n'
    'T4,O4,NOPAIR,2024-03-21 10:00:00,buy,market,60000,600,1,0.01,0,,"L6"\n'
)


def test_trades_have_the_ids_that_the_ledgers_refer_to():
    bought, swapped, on_margin, unknown = readings(TRADES)

    assert (bought.kind, bought.asset, bought.quantity, bought.amount) == ("buy", "BTC", Decimal("0.002"), 100)
    assert (bought.fee, bought.fee_asset, bought.external_id) == (Decimal("0.18"), "EUR", "T1")
    assert told(swapped) == {
        "line": 3,
        "kind": "swap",
        "at": at("2024-03-20T10:00"),
        "asset": "ETH",
        "quantity": Decimal(2),
        "fee": Decimal("0.00026"),
        "fee_asset": "BTC",
        "received_asset": "BTC",
        "received_quantity": Decimal("0.1"),
        "external_id": "T2",
    }
    assert (on_margin.line, on_margin.column) == (4, "margin")
    assert (unknown.line, unknown.column) == (5, "pair")


def test_the_longer_header_of_trades_tells_positions_apart():
    header = TRADES.splitlines()[0] + ",postxid,posstatus,cprice,ccost,cfee,cvol,cmargin,net,trades\n"
    spot, closing = readings(
        header
        + "T1,O1,XBT/EUR,2024-03-19 19:43:31,buy,limit,50000,100,0.18,0.002,0,,L1,,,,,,,,,\n"
        + "T2,O1,XBT/EUR,2024-03-19 19:43:31,sell,limit,50000,100,0.18,0.002,0,,L1,TP,closed,,,,,,,\n"
    )

    assert (spot.kind, closing.column) == ("buy", "margin")


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.tuples(
            st.sampled_from(
                ["trade", "spend", "receive", "deposit", "withdrawal", "earn", "transfer", "margin", "odd"]
            ),
            st.sampled_from(["", "reward", "allocation", "delistingconversion"]),
            st.sampled_from(["R1", "R2", "Unknown"]),
            st.sampled_from(["XXBT", "ZEUR", "ETH2.S", "KFEE"]),
            st.sampled_from(["1", "-1", "0", "2.5", "-0.000000000000000001", "much"]),
            st.sampled_from(["0", "0.1", "-0.1"]),
        ),
        min_size=1,
        max_size=6,
    )
)
def test_no_ledger_crashes_and_every_row_has_a_verdict(entries):
    found = ledgers(
        *[
            f'"L{number}","{refid}","2024-05-01 08:00:00","{type_}","{subtype}","currency","{asset}",{amount},{fee},0'
            for number, (type_, subtype, refid, asset, amount, fee) in enumerate(entries)
        ]
    )

    assert {one.line for one in found} == set(range(2, 2 + len(entries)))
    assert all(one.quantity > 0 and (one.fee is None or one.fee > 0) for one in found if isinstance(one, ParsedRow))
    ids = [one.external_id for one in found if isinstance(one, ParsedRow)]
    assert len(ids) == len(set(ids))
