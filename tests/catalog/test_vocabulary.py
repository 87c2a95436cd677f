import pytest

from catalog.vocabulary import AVAILABILITIES, availability, currencies, currency


@pytest.mark.parametrize(
    ("written", "word"),
    [
        ("https://schema.org/InStock", "in_stock"), ("http://schema.org/InStock/", "in_stock"),
        ("schema:OutOfStock", None), ("InStock", "in_stock"), ("in stock", "in_stock"),
        ("in_stock", "in_stock"), (" In-Stock ", "in_stock"), ("OnlineOnly", "in_stock"),
        ("LimitedAvailability", "in_stock"), ("limited_availability", "in_stock"),
        ("SoldOut", "out_of_stock"), ("Reserved", "out_of_stock"), ("out of stock", "out_of_stock"),
        ("PreOrder", "preorder"), ("PreSale", "preorder"), ("preorder", "preorder"),
        ("BackOrder", "backorder"), ("MadeToOrder", "backorder"), ("backorder", "backorder"),
        ("https://schema.org/Discontinued", "discontinued"),
        ("", None), ("maybe", None), (None, None), ("x" * 1_000_000, None),
    ],
)  # fmt: skip
def test_spellings_of_availability_become_the_records_words(
    written: str | None, word: str | None
) -> None:
    assert availability(written) == word


def test_the_records_words_are_spellings_of_themselves() -> None:
    assert [availability(word) for word in AVAILABILITIES] == list(AVAILABILITIES)


@pytest.mark.parametrize(
    ("written", "territory", "code"),
    [
        ("EUR", None, "EUR"), ("eur", None, "EUR"), ("€", None, "EUR"), ("US$", None, "USD"),
        ("Rs.", None, "INR"), ("zł", None, "PLN"), ("$", None, "USD"), ("$", "CA", "CAD"),
        ("$", "DE", "USD"), ("¥", None, "JPY"), ("¥", "CN", "CNY"), ("kr", "SE", "SEK"),
        ("kr.", "DK", "DKK"), ("kr", None, None), ("XXX", None, None), ("EURO!", None, None),
        ("", None, None), (None, "SE", None), ("$" * 1_000_000, None, None),
    ],
)  # fmt: skip
def test_symbols_and_codes_become_codes(
    written: str | None, territory: str | None, code: str | None
) -> None:
    assert currency(written, territory) == code


def test_a_symbol_of_several_currencies_names_them_all() -> None:
    assert currencies("kr") == ("SEK", "NOK", "DKK", "ISK")
