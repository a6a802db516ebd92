"""Files of no known format: the page on which their owner says which column means what."""

from zlib import crc32

import pytest
import time_machine

from portfolios.models import ColumnTemplate, ImportRow
from tests.portfolios.factories import NOW
from tests.portfolios.imports.browsing import bring, make_owned, text, url, work

OWN = "When,What,Coin,How many,Each\n02/03/2024 10:00,bought,BTC,0.5,100\n05/03/2024 10:00,gone,BTC,0.1,\n"


@pytest.fixture(autouse=True)
def _on_the_day():
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def portfolio(alice):
    return make_owned(alice)


@pytest.fixture
def site(alice, as_user):
    return as_user(alice)


def test_a_file_of_no_known_format_is_read_by_its_columns(site, portfolio):
    page = bring(site, portfolio, OWN)
    assert "not those of a format that is known here" in text(site.get(page))
    assert "Templates that fit" not in text(site.get(f"{page}columns/"))

    words = text(site.post(f"{page}columns/", said()))
    assert "One more thing" in words
    assert "“gone” is" in words
    answer = site.post(f"{page}columns/", said(**words_said(), words_of="What", save_as="My sheet"))
    work()

    assert answer["Location"] == page
    site.post(page, {"do": "answer", "asset_0": "bitcoin"})
    work()
    preview = text(site.get(page))
    assert "Buy 0.5 BTC at 100 USD each" in preview
    assert "Withdraw 0.1 BTC" in preview
    assert ImportRow.objects.get(line=3).facts["timestamp"] == "2024-03-05T10:00:00+00:00"
    template = ColumnTemplate.objects.get()
    assert (template.name, template.header) == ("My sheet", ["When", "What", "Coin", "How many", "Each"])


def said(**more):
    """Fill in the form of columns for `OWN`."""
    columns = {"timestamp": "When", "kind": "What", "asset": "Coin", "quantity": "How many", "price": "Each"}
    fields = {f"column_{name}": title for name, title in columns.items()}
    return fields | {"dates": "day_first", "decimal": "point", "zone": "UTC"} | more


def words_said():
    """Say what the words of `OWN` are."""
    return {f"word_{crc32(word.encode()):08x}": kind for word, kind in (("bought", "buy"), ("gone", "withdrawal"))}


def test_a_template_is_offered_for_the_next_file_like_it_and_goes(site, portfolio):
    first = bring(site, portfolio, OWN)
    site.post(f"{first}columns/", said(**words_said(), words_of="What", save_as="My sheet"))
    template = ColumnTemplate.objects.get()

    page = bring(site, portfolio, OWN.replace("0.5", "0.7"))

    assert "Use the template My sheet" in text(site.get(page))
    html = site.get(f"{page}columns/?template={template.pk}").content.decode()
    assert '<option value="withdrawal" selected>' in html
    assert '<option value="How many" selected>' in html
    site.post(url(portfolio, f"templates/{template.pk}/delete/"))
    assert not ColumnTemplate.objects.exists()


def test_a_mapping_that_cannot_read_the_file_is_refused_in_words(site, portfolio):
    page = bring(site, portfolio, OWN)

    answer = site.post(f"{page}columns/", said(column_quantity="", words_of="What"))

    assert answer.status_code == 422
    assert "Nothing says where “quantity” is read from." in text(answer)
