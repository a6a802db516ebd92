"""What holds for any history: nothing is lost, order of entry is nothing, and a naive matcher agrees."""

from dataclasses import replace
from datetime import UTC, date, timedelta
from decimal import Decimal
from fractions import Fraction

from hypothesis import given, settings, strategies as st

from portfolios.calc.lots import METHODS, SCOPES, Disposal, Happening, Outcome, Removal, work_out
from tests.portfolios.lots.builders import at, happening, policy, run
from tests.portfolios.lots.naive import Naive, NaiveShares, exact, total

PLAIN = [method for method in METHODS if method != "s104"]
PLACES = ["one", "two", "three"]
CHANGE = date(2024, 1, 31)  # day 30

quantities = st.one_of(
    st.integers(1, 9).map(Decimal),
    st.sampled_from([Decimal(text) for text in ("0.000000000000000001", "0.3", "123456789.123456789123456789")]),
)
values = st.one_of(st.integers(0, 30).map(Decimal), st.decimals(0, 10**9, places=18))
days = st.integers(0, 60)
places = st.sampled_from(PLACES)
methods, scopes = st.sampled_from(METHODS), st.sampled_from(SCOPES)
plain_methods = st.sampled_from(PLAIN)
fees = st.sampled_from(["disposal", "basis"])


@st.composite
def histories(draw, kinds=("buy", "gift_in", "sell", "withdrawal", "transfer"), least=1) -> list[Happening]:
    """Draw happenings of one coin; transfers are alone in their instant, the rest may share one."""
    made: list[Happening] = []
    for order in range(draw(st.integers(least, 14))):
        kind, day, quantity = draw(st.sampled_from(kinds)), draw(days), draw(quantities)
        named = [(draw(st.integers(0, 14)), draw(quantities)) for _ in range(draw(st.integers(0, 2)))]
        rest = {"day": day, "order": order, "place": draw(places), "named": named}
        if kind == "transfer":
            kept = draw(st.sampled_from([Decimal(1), Decimal(1), Decimal("0.5")]))
            sent = quantity * 2
            fee = [("BTC", sent - sent * kept, "1")] if kept != 1 else []
            rest |= {"day": at(day, 12, order), "to_place": draw(places), "received_quantity": sent * kept, "fees": fee}
            quantity = sent
        if kind == "gift_in":
            rest["acquired_at"] = at(day - draw(st.integers(0, 90)))
        made.append(happening(kind, order, quantity, draw(values), **rest))
    return made


def gone_of(outcome: Outcome) -> list[Disposal | Removal]:
    return [*outcome.disposals, *outcome.removals]


def parts_of(outcome: Outcome):
    """Return what left as fractions, without regard to which list it stands in."""
    return sorted(
        (
            (gone.key, gone.kind, exact(gone.uncovered)),
            [(match.lot, exact(match.quantity), exact(match.cost)) for match in gone.matches],
        )
        for gone in gone_of(outcome)
    )


def naive_parts_of(naive: Naive):
    return sorted(
        ((key, kind, uncovered), [(part.key, part.quantity, part.cost) for part in parts])
        for key, kind, parts, uncovered in naive.gone
    )


def agree(history, chosen):
    outcome = work_out(history, chosen)
    naive = Naive(chosen)
    naive.walk(history)
    naive.settle()

    assert parts_of(outcome) == naive_parts_of(naive)
    assert sorted((gap.key, exact(gap.quantity)) for gap in outcome.shortfalls) == sorted(naive.missing)
    lots = sorted((str(lot.place), lot.key, exact(lot.quantity), exact(lot.cost)) for lot in outcome.lots)
    assert lots == sorted((str(lot.place), lot.key, lot.quantity, lot.cost) for lot in naive.lots)


@settings(max_examples=150, deadline=None)
@given(histories(), plain_methods, scopes, fees)
def test_a_naive_matcher_agrees(history, method, scope, transfer_fee):
    agree(history, policy(method, scope, transfer_fee=transfer_fee))


@settings(max_examples=150, deadline=None)
@given(histories(least=5), plain_methods, scopes, plain_methods, scopes, fees)
def test_a_naive_matcher_agrees_when_method_and_scope_change(history, before, scope, after, over, transfer_fee):
    # The last happening is after the change, so that the change has come.
    history.append(happening("buy", 99, "1", "1", day=70, order=99))

    agree(history, policy(before, scope, then=[(CHANGE, after, over)], transfer_fee=transfer_fee))


@settings(max_examples=60, deadline=None)
@given(histories(kinds=("buy", "sell", "withdrawal")), scopes)
def test_a_naive_matcher_agrees_on_the_uks_rules(history, scope):
    outcome = run(history, "s104", scope)
    naive = NaiveShares(history, UTC)
    naive.walk()

    near = Fraction(1, 10**30)
    for gone in gone_of(outcome):
        by_rule: dict = {}
        for match in gone.matches:
            quantity, cost = by_rule.get(match.rule, (0, 0))
            by_rule[match.rule] = quantity + exact(match.quantity), cost + exact(match.cost)
        assert {rule: quantity for rule, (quantity, _) in by_rule.items()} == {
            rule: quantity for rule, (quantity, _) in naive.found[gone.key].items()
        }
        assert all(abs(cost - naive.found[gone.key][rule][1]) < near for rule, (_, cost) in by_rule.items())
    assert total(exact(lot.quantity) for lot in outcome.lots) == naive.pool
    assert abs(total(exact(lot.cost) for lot in outcome.lots) - naive.worth) < near


@settings(max_examples=150, deadline=None)
@given(histories(), methods, scopes, methods, scopes, fees)
def test_what_came_is_what_is_left_and_what_left(history, before, scope, after, over, transfer_fee):
    outcome = run(history, before, scope, then=[(CHANGE, after, over)], transfer_fee=transfer_fee)

    came = [step for step in history if step.kind in {"buy", "gift_in"}]
    gone = gone_of(outcome)
    assert total(exact(step.quantity) for step in came) == (
        total(exact(lot.quantity) for lot in outcome.lots)
        + total(exact(each.quantity) - exact(each.uncovered) for each in gone)
    )
    assert total(exact(step.value) for step in came) == (
        total(exact(lot.cost) for lot in outcome.lots) + total(exact(each.cost) for each in gone)
    )
    assert all(lot.quantity > 0 and lot.cost >= 0 for lot in outcome.lots)


@settings(max_examples=40, deadline=None)
@given(histories(), methods, scopes)
def test_matches_sum_to_their_disposal(history, method, scope):
    outcome = run(history, method, scope)
    values = {step.key: step for step in history}

    for sale in outcome.disposals:
        covered = exact(sale.quantity) - exact(sale.uncovered)
        assert total(exact(match.quantity) for match in sale.matches) == covered
        assert total(exact(match.cost) for match in sale.matches) == exact(sale.cost)
        assert total(exact(match.proceeds) for match in sale.matches) == exact(sale.proceeds)
        assert exact(sale.gain) == exact(sale.proceeds) - exact(sale.cost)
        if sale.kind == "sell":
            whole = exact(values[sale.key].value) * covered / exact(sale.quantity)
            assert abs(exact(sale.proceeds) - whole) <= Fraction(1, 2 * 10**36)
    short = total(exact(each.uncovered) for each in gone_of(outcome))
    assert total(exact(gap.quantity) for gap in outcome.shortfalls) >= short


@settings(max_examples=40, deadline=None)
@given(histories(), methods, scopes, st.randoms(use_true_random=False))
def test_the_order_of_entry_changes_nothing(history, method, scope, random):
    shuffled = random.sample(history, len(history))

    assert run(shuffled, method, scope) == run(history, method, scope)


@settings(max_examples=25, deadline=None)
@given(histories(), plain_methods, scopes)
def test_what_comes_later_changes_nothing_before(history, method, scope):
    # Not so under the UK's rules, which look 30 days ahead.
    until = at(30)
    early = [step for step in history if step.at < until]

    whole, part = run(history, method, scope), run(early, method, scope)
    assert [sale for sale in whole.disposals if sale.at < until] == list(part.disposals)


@settings(max_examples=20, deadline=None)
@given(histories(kinds=("buy", "sell")), methods, st.integers(1, 400))
def test_shifting_all_instants_by_whole_days_shifts_nothing_else(history, method, by):
    later = [replace(step, at=step.at + timedelta(days=by)) for step in history]

    assert parts_of(run(later, method)) == parts_of(run(history, method))
