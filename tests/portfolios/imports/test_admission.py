"""Which rows fit: proved against the plainest reading of the rules. No database."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from hypothesis import given, settings, strategies as st

from portfolios.services.imports.admission import Candidate, admit, in_time
from portfolios.services.imports.courses import Courses, Key
from portfolios.services.legs import Leg

START = datetime(2024, 1, 1, tzinfo=UTC)
Move = tuple[int, int, str, int]  # day, wallet, asset, signed quantity


def leg(wallet: int, asset: str, quantity: int, to: int | None = None) -> Leg:
    return Leg(wallet_id=wallet, asset_id=asset, role="principal", quantity=Decimal(quantity), to_wallet_id=to)


def day(number: int) -> datetime:
    return START + timedelta(days=number)


def ledger(moves: Sequence[Move]) -> Courses:
    """Return the balances of a ledger that begins with nothing."""
    steps: dict[Key, dict[datetime, Decimal]] = defaultdict(lambda: defaultdict(Decimal))
    for number, wallet, asset, quantity in moves:
        steps[wallet, asset, None][day(number)] += quantity
    return Courses(openings={}, moves=steps)


def legs_of(candidate: Candidate) -> list[tuple[int, str, Decimal]]:
    moved = [(one.wallet_id, one.asset_id, one.quantity) for one in candidate.legs]
    return moved + [(one.to_wallet_id, one.asset_id, -one.quantity) for one in candidate.legs if one.to_wallet_id]


def is_covered(moves: Sequence[Move], candidates: Sequence[Candidate]) -> bool:
    """Tell whether no balance is ever below zero at the end of an instant."""
    steps: dict[tuple[int, str], dict[datetime, Decimal]] = defaultdict(lambda: defaultdict(Decimal))
    for number, wallet, asset, quantity in moves:
        steps[wallet, asset][day(number)] += quantity
    for candidate in candidates:
        for wallet, asset, size in legs_of(candidate):
            steps[wallet, asset][candidate.at] += size
    for course in steps.values():
        held = Decimal(0)
        for at in sorted(course):
            held += course[at]
            if held < 0:
                return False
    return True


SIZES = st.integers(1, 6)
WALLETS, ASSETS = st.sampled_from([1, 2]), st.sampled_from(["usd", "btc"])


@st.composite
def rows(draw: st.DrawFn, *, days: int = 8, most: int = 9) -> list[Candidate]:
    """Draw deposits, withdrawals, swaps and transfers on a few days."""
    made = []
    for rank in range(draw(st.integers(1, most))):
        wallet, asset, size = draw(WALLETS), draw(ASSETS), draw(SIZES)
        other = "btc" if asset == "usd" else "usd"
        legs = draw(
            st.sampled_from(
                [
                    [leg(wallet, asset, size)],
                    [leg(wallet, asset, -size)],
                    [leg(wallet, asset, -size), leg(wallet, other, size)],
                    [leg(wallet, asset, -size, to=3 - wallet)],
                ]
            )
        )
        made.append(Candidate(rank, day(draw(st.integers(0, days))), legs))
    return made


@st.composite
def histories(draw: st.DrawFn) -> list[Move]:
    """Draw a ledger that holds together."""
    kept: list[Move] = []
    move = st.tuples(st.integers(0, 8), WALLETS, ASSETS, st.integers(-6, 6).filter(bool))
    for one in draw(st.lists(move, max_size=8)):
        if is_covered([*kept, one], []):
            kept.append(one)
    return kept


@given(histories(), rows())
@settings(max_examples=300)
def test_what_is_let_in_leaves_every_balance_covered(history, asked):
    taken = admit(in_time(asked), ledger(history)).admitted

    assert is_covered(history, [one for one in asked if one.rank in taken])


@given(histories(), rows())
@settings(max_examples=300)
def test_none_that_is_left_out_would_fit_by_itself(history, asked):
    result = admit(in_time(asked), ledger(history))

    kept = [one for one in asked if one.rank in result.admitted]
    left = [one for one in asked if one.rank not in result.admitted]
    assert [one.rank for one in left if is_covered(history, [*kept, one])] == []
    assert set(result.refused) == {one.rank for one in left}
    assert all(lacking.missing > 0 for lacking in result.refused.values())


@given(histories(), rows())
@settings(max_examples=200)
def test_the_same_rows_again_add_nothing(history, asked):
    courses = ledger(history)
    first = admit(in_time(asked), courses)

    again = admit(in_time([one for one in asked if one.rank not in first.admitted]), courses)

    assert again.admitted == set()


@given(rows(days=40, most=12))
@settings(max_examples=300)
def test_at_the_end_of_a_ledger_it_is_the_same_as_one_by_one(asked):
    asked = list({one.at: one for one in asked}.values())  # one row an instant
    kept: list[Candidate] = []
    for one in sorted(asked, key=lambda one: one.at):
        if is_covered([], [*kept, one]):
            kept.append(one)

    assert admit(in_time(asked), ledger([])).admitted == {one.rank for one in kept}


@given(histories(), rows(days=40, most=12), st.randoms())
@settings(max_examples=200)
def test_the_order_of_the_file_does_not_matter(history, asked, randomness):
    asked = list({one.at: one for one in asked}.values())
    shuffled = list(asked)
    randomness.shuffle(shuffled)

    assert admit(in_time(asked), ledger(history)).admitted == admit(in_time(shuffled), ledger(history)).admitted


@given(histories(), rows())
@settings(max_examples=200)
def test_deposits_that_are_implied_are_just_enough(history, asked):
    # One row an instant: of two at once, the deposit of the first may turn out to come from the second.
    asked = [Candidate(one.rank, one.at, one.legs, ("usd",)) for one in {one.at: one for one in asked}.values()]
    result = admit(in_time(asked), ledger(history))

    kept = [one for one in asked if one.rank in result.admitted]
    instants = {one.rank: one.at for one in asked}
    deposits = {
        rank: Candidate(1000 + rank, instants[rank], [leg(wallet, asset, int(size)) for wallet, asset, size in made])
        for rank, made in result.implied.items()
    }
    assert is_covered(history, [*kept, *deposits.values()])
    # At the end of a ledger each is needed: without it something is missing.
    if not history:
        for rank in deposits:
            others = [one for known, one in deposits.items() if known != rank]
            assert not is_covered(history, [*kept, *others])


def test_rows_of_one_instant_follow_the_file_or_its_reverse_where_it_lists_the_newest_first():
    oldest_first = [Candidate(1, day(1), []), Candidate(2, day(2), []), Candidate(3, day(2), [])]
    newest_first = [Candidate(1, day(2), []), Candidate(2, day(2), []), Candidate(3, day(1), [])]

    assert [one.rank for one in in_time(oldest_first)] == [1, 2, 3]
    assert [one.rank for one in in_time(newest_first)] == [3, 2, 1]


def test_many_rows_that_the_ledger_cannot_spare_end_in_time():
    # 400 withdrawals of 1 on as many days, and a ledger that needs all it has on each day after.
    history = [(0, 1, "usd", 400), *((number, 1, "usd", -1) for number in range(1, 401))]
    asked = [Candidate(number, day(number), [leg(1, "usd", -1)]) for number in range(400)]

    result = admit(in_time(asked), ledger(history))

    assert result.admitted == set()
    assert len(result.refused) == 400
