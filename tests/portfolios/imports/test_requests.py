"""What may be asked of an import, when, and by whom."""

from datetime import UTC, datetime

import pytest

from portfolios import services
from portfolios.models import ColumnTemplate, ImportBatch, ImportFile, Transaction
from portfolios.services import imports
from tests.factories import make_user
from tests.portfolios.factories import NOW, make_portfolio
from tests.portfolios.imports.files import canonical, commit, make_coins, run, take_in, undo, upload, verdicts

DEPOSIT = "2024-03-01 deposit usd 1000"
STRANGE = b"When;What;How much\n05/09/2023 10:00;in;5\n06/09/2023 10:00;in;6\n"
MAPPING = {"columns": {"timestamp": "When"}}


@pytest.fixture
def portfolio(alice):
    make_coins()
    return make_portfolio(alice)


def start(portfolio, **overrides):
    facts = {
        "portfolio": portfolio, "wallet": portfolio.wallets.first(), "by": portfolio.owner, "file_name": "a.csv",
        "content": canonical(DEPOSIT), "token": "one", "at": NOW,
    }  # fmt: skip
    return imports.start_import(**facts | overrides)


def test_a_start_keeps_the_file_and_waits_for_the_worker(portfolio):
    batch = start(portfolio)

    assert (batch.status, batch.step, batch.requested_by, batch.requested_at) == (
        "waiting",
        "read",
        portfolio.owner,
        NOW,
    )
    assert bytes(ImportFile.objects.get(batch=batch).content) == canonical(DEPOSIT)
    assert not batch.rows.exists()


def test_the_token_of_another_file_is_refused(portfolio):
    start(portfolio)

    with pytest.raises(services.TokenReusedError):
        start(portfolio, content=canonical("2024-03-02 deposit usd 1"))


@pytest.mark.parametrize(
    ("overrides", "message"),
    [
        ({"content": b""}, "file: it is empty"),
        ({"content": b"x" * 32_000_001}, "file: 32 MB; 32 MB are read at most"),
        ({"answers": {"colour": "blue"}}, "answers: 'colour' is not asked"),
        ({"answers": {"zone": "x" * 81}}, "answers: 'zone'"),
        ({"token": ""}, "token: 1 to 80 characters"),
    ],
)
def test_what_can_be_seen_at_once_is_refused_at_once(portfolio, overrides, message):
    with pytest.raises(services.RefusedError, match=message):
        start(portfolio, **overrides)

    assert not ImportBatch.objects.exists()


def test_the_wallet_of_a_stranger_is_refused(portfolio, bob):
    other = make_portfolio(bob)

    with pytest.raises(services.CannotImportError, match="wallet: it belongs to no part of this portfolio"):
        start(portfolio, wallet=other.wallets.first())


def test_a_file_of_one_owner_is_no_duplicate_for_another(portfolio, bob):
    take_in(portfolio, DEPOSIT)
    other = make_portfolio(bob)

    assert verdicts(upload(other, canonical(DEPOSIT))) == ["new"]


def test_an_unknown_header_asks_for_the_columns_and_offers_the_templates_made_for_it(portfolio, bob):
    header = ["When", "What", "How much"]
    mine = imports.save_template(owner=portfolio.owner, name="Mine", header=header, mapping=MAPPING, at=NOW)
    imports.save_template(owner=portfolio.owner, name="Other header", header=["When"], mapping=MAPPING, at=NOW)
    imports.save_template(owner=bob, name="Not mine", header=header, mapping=MAPPING, at=NOW)

    batch = upload(portfolio, STRANGE, file_name="strange.csv")

    assert (batch.status, batch.step, batch.format) == ("done", "questions", "")
    assert batch.questions == [
        {
            "key": "mapping",
            "columns": header,
            "examples": [["05/09/2023 10:00", "in", "5"], ["06/09/2023 10:00", "in", "6"]],
            "templates": [mine.pk],
        }
    ]


def test_a_zone_is_asked_for_and_the_answer_counts(portfolio):
    # A time without a zone: 10:00 in Berlin is 08:00 in UTC in September.
    content = (
        b"Date,Code,DataSource,Currency,Price,Quantity,Action,Fee,Note\n"
        b"2023-09-05T10:00:00,bitcoin,COINGECKO,USD,100,1,buy,0,\n"
    )
    batch = upload(portfolio, content, imply_deposits=True)
    assert (batch.step, [question["key"] for question in batch.questions]) == ("questions", ["zone"])

    run(imports.answer_import(batch=batch, by=portfolio.owner, at=NOW, answers={"zone": "Europe/Berlin"}))

    assert (batch.step, batch.status) == ("preview", "done")
    commit(batch)
    assert Transaction.objects.get(kind="buy").at == datetime(2023, 9, 5, 8, tzinfo=UTC)


def test_an_answer_to_a_file_that_failed_has_it_read_again(portfolio):
    batch = upload(portfolio, canonical(DEPOSIT), answers={"zone": "Mars/Olympus"})

    run(imports.answer_import(batch=batch, by=portfolio.owner, at=NOW, answers={"zone": "UTC"}))

    assert batch.step == "preview"


def test_a_format_can_be_named(portfolio):
    batch = upload(portfolio, canonical(DEPOSIT))

    run(imports.answer_import(batch=batch, by=portfolio.owner, at=NOW, format_key="koinly"))

    assert (batch.status, batch.step) == ("failed", "read")
    assert "no header of Koinly" in batch.message


def test_a_format_that_there_is_not_is_refused(portfolio):
    batch = upload(portfolio, canonical(DEPOSIT))

    with pytest.raises(services.CannotImportError, match="no format has the key 'excel'"):
        imports.answer_import(batch=batch, by=portfolio.owner, at=NOW, format_key="excel")


def test_an_import_that_is_being_worked_on_takes_no_answer(portfolio):
    batch = start(portfolio)

    with pytest.raises(services.CannotImportError, match="waits for no answer"):
        imports.answer_import(batch=batch, by=portfolio.owner, at=NOW)


def test_what_is_written_takes_no_answer(portfolio):
    batch = take_in(portfolio, DEPOSIT)

    with pytest.raises(services.CannotImportError, match="waits for no answer"):
        imports.answer_import(batch=batch, by=portfolio.owner, at=NOW)


def test_nothing_is_written_before_there_is_a_preview(portfolio):
    batch = start(portfolio)

    with pytest.raises(services.CannotImportError, match="Nothing in this file is new"):
        imports.request_commit(batch=batch, at=NOW)


def test_nothing_is_taken_back_before_it_is_written(portfolio):
    batch = upload(portfolio, canonical(DEPOSIT))

    with pytest.raises(services.CannotImportError, match="Nothing of this import was written"):
        imports.request_undo(batch=batch, at=NOW)


def test_asking_twice_for_an_undo_is_asking_once(portfolio):
    batch = take_in(portfolio, DEPOSIT)

    imports.request_undo(batch=batch, at=NOW)
    imports.request_undo(batch=batch, at=NOW)
    run(batch)

    assert imports.request_undo(batch=batch, at=NOW).step == "undone"


def test_a_preview_can_be_dropped_with_its_file_and_rows(portfolio):
    batch = upload(portfolio, canonical(DEPOSIT))

    imports.discard_import(batch=batch)

    assert not ImportBatch.objects.exists()
    assert not ImportFile.objects.exists()


def test_what_was_written_cannot_be_dropped_not_even_when_it_is_taken_back(portfolio):
    batch = take_in(portfolio, DEPOSIT)
    with pytest.raises(services.CannotImportError, match="on record"):
        imports.discard_import(batch=batch)

    undo(batch)

    with pytest.raises(services.CannotImportError, match="on record"):
        imports.discard_import(batch=batch)


def test_an_import_that_is_running_cannot_be_dropped(portfolio):
    batch = start(portfolio)
    ImportBatch.objects.update(status="running", heartbeat_at=NOW, started_at=NOW)

    with pytest.raises(services.CannotImportError, match="being worked on"):
        imports.discard_import(batch=batch)


def test_a_template_of_the_same_name_replaces_the_first(alice):
    imports.save_template(owner=alice, name=" Mine ", header=["a"], mapping=MAPPING, at=NOW)
    kept = imports.save_template(owner=alice, name="Mine", header=["b"], mapping=MAPPING, at=NOW)

    assert (ColumnTemplate.objects.get(), kept.header) == (kept, ["b"])
    imports.delete_template(template=kept)
    assert not ColumnTemplate.objects.exists()


@pytest.mark.parametrize("name", ["", "  ", "x" * 81, "a\0b"])
def test_a_template_needs_a_name(alice, name):
    with pytest.raises(services.CannotImportError, match="name: 1 to 80 characters"):
        imports.save_template(owner=alice, name=name, header=[], mapping={}, at=NOW)


def test_two_owners_may_name_their_templates_alike(alice):
    for owner in (alice, make_user(email="bob@example.com")):
        imports.save_template(owner=owner, name="Mine", header=[], mapping={}, at=NOW)

    assert ColumnTemplate.objects.count() == 2
