"""What a person brings may be anything: it is refused with its place and the reason, and nothing is written."""

import io
import zipfile

import pytest

from portfolios.models import Entry, Portfolio, Transaction
from portfolios.services import RefusedError
from portfolios.services.exports import archive, import_export
from portfolios.services.exports.archive import is_archive
from tests.factories import make_asset
from tests.portfolios.exports.builders import AT, document, export, make_empty, make_full, packed
from tests.portfolios.factories import make_index, make_portfolio, record

pytestmark = pytest.mark.django_db


def refusal(user, content):
    """Return the words with which an import is refused; it writes nothing."""
    portfolio = make_empty(user)
    before = Portfolio.objects.values().get(id=portfolio.pk)
    with pytest.raises(RefusedError) as caught:
        import_export(portfolio=portfolio, content=content, by=user, at=AT)
    assert not Transaction.objects.filter(portfolio=portfolio).exists()
    assert not portfolio.sleeves.exists()
    assert list(portfolio.wallets.values_list("name", flat=True)) == ["Main exchange account"]
    assert Portfolio.objects.values().get(id=portfolio.pk) == before
    return str(caught.value)


def test_a_portfolio_with_a_history_takes_no_export(alice):
    portfolio = make_portfolio(alice)
    record(portfolio, "deposit", "1")

    with pytest.raises(RefusedError, match="goes into an empty portfolio, and this one has 1 transactions"):
        import_export(portfolio=portfolio, content=export(portfolio), by=alice, at=AT)


def test_an_asset_that_is_not_here_is_refused_by_its_id(bob):
    found = refusal(bob, packed(document()))

    assert "no asset here has the id bitcoin, ethereum." in found
    assert "market data" in found


def test_an_index_that_is_not_here_is_refused_by_its_name(bob):
    make_asset("bitcoin")
    make_asset("ethereum")

    assert "no index 'top-2' here" in refusal(bob, packed(document()))


def test_an_export_by_hand_is_written(bob):
    make_index()

    restored = import_export(portfolio=make_empty(bob), content=packed(document()), by=bob, at=AT)

    assert (restored.transactions, restored.entries, restored.wallets) == (9, 16, 2)


def test_a_wallet_never_holds_less_than_nothing(bob):
    make_index()
    ledger = document()
    ledger["transactions"][-1]["entries"][0]["quantity"] = "-100"

    assert "short on 2024-03-09" in refusal(bob, packed(ledger))


def test_what_is_no_zip_is_refused(bob):
    for content in (b"", b"timestamp,kind\n", b"PK\x03\x04broken", b"\0" * 1000):
        assert "it is no zip that can be read" in refusal(bob, content)
        Portfolio.objects.filter(owner=bob).delete()


def test_a_zip_of_something_else_is_no_export(bob):
    assert "there is no ledger.json in it" in refusal(bob, packed("{}", name="xl/workbook.xml"))


def test_what_is_no_json_is_refused(bob):
    for text in ("{", "[" * 100_000, '{"a": ' + "9" * 10_000 + "}", b"\xff\xfe"):
        assert "is no JSON that can be read" in refusal(bob, packed(text))
        Portfolio.objects.filter(owner=bob).delete()


def test_a_bomb_is_stopped_by_counted_bytes(bob):
    # 300 MB of spaces come in 300 kB; what the archive says of its own size is not believed.
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as bomb, bomb.open("ledger.json", "w") as stream:
        for _ in range(300):
            stream.write(b" " * 1_000_000)

    assert len(buffer.getvalue()) < 1_000_000
    assert "unpacks to more than 100 MB" in refusal(bob, buffer.getvalue())


def test_a_zip_of_many_files_is_refused(bob):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as crowd:
        for number in range(30):
            crowd.writestr(f"{number}.txt", "")

    assert "30 files are in it" in refusal(bob, buffer.getvalue())


def test_a_large_file_is_not_even_opened(bob, monkeypatch):
    monkeypatch.setattr(archive, "ARCHIVE_BYTES", 10)

    assert "MB are read at most" in refusal(bob, b"x" * 11)


def test_names_in_a_zip_become_no_paths(alice, bob, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    buffer = io.BytesIO(export(make_full(alice)))
    with zipfile.ZipFile(buffer, "a") as slipped:
        slipped.writestr("../../escaped.txt", "x")
        slipped.writestr("/absolute.txt", "x")

    import_export(portfolio=make_empty(bob), content=buffer.getvalue(), by=bob, at=AT)

    assert list(tmp_path.rglob("*")) == []
    assert Entry.objects.filter(portfolio__owner=bob).exists()


def test_an_export_is_told_from_a_spreadsheet(alice):
    assert is_archive(export(make_portfolio(alice)))
    assert not is_archive(packed("<xml/>", name="xl/workbook.xml"))
    assert not is_archive(b"timestamp,kind\n")
