import pickle

import pytest

from catalog.product import InvalidSources, Source, canonical_url, check_sources


def problems(sources: object) -> list[str]:
    with pytest.raises(InvalidSources) as caught:
        check_sources(sources)
    return caught.value.problems


@pytest.mark.parametrize("nothing", [[], ()])
def test_no_sources_are_refused(nothing: object) -> None:
    assert problems(nothing) == ["sources: at least one product address is needed."]


@pytest.mark.parametrize("batch_size", [0, 11, -3, 2.5, "three", None, True])
def test_a_batch_size_outside_1_to_10_is_refused_by_name(batch_size: object) -> None:
    good = {"url": "https://shop.example/a", "batch_size": 10}
    bad = {"url": "https://shop.example/b", "batch_size": batch_size}
    [problem] = problems([good, bad])
    assert problem.startswith("sources[1].batch_size: ")
    assert "from 1 to 10" in problem


@pytest.mark.parametrize(
    "url",
    ["", "shop.example/a", "ftp://shop.example/a", "javascript:alert(1)", "https://", "//x.example",
     "https://a b.example/", "http://[::1", "http://x.example:99999/", "file:///etc/passwd"],
)  # fmt: skip
def test_an_address_that_is_not_http_is_refused_by_name(url: str) -> None:
    [problem] = problems([{"url": url, "batch_size": 1}])
    assert problem.startswith("sources[0].url: ")
    assert "http:// or https://" in problem


def test_every_wrong_item_is_named() -> None:
    told = problems([{"url": "x"}, {"url": "https://a.example/"}, {"batch_size": 1}, "text"])
    assert [line.split(":")[0] for line in told] == [
        "sources[0].url",
        "sources[2].url",
        "sources[3]",
    ]


def test_an_endless_address_is_refused_and_not_repeated_in_full() -> None:
    [problem] = problems([{"url": "https://a.example/" + "x" * 3000}])
    assert len(problem) < 300


def test_an_unknown_field_is_refused() -> None:
    [problem] = problems([{"url": "https://a.example/", "size": 4}])
    assert problem.startswith("sources[0].size: ")


def test_good_sources_come_back_in_order() -> None:
    given = [{"url": " https://a.example/ ", "batch_size": 2}, Source(url="https://b.example/")]
    assert check_sources(given) == [
        Source(url="https://a.example/", batch_size=2),
        Source(url="https://b.example/", batch_size=1),
    ]


def test_one_page_has_one_canonical_address() -> None:
    spellings = [
        "https://shop.example/p?b=2&a=1",
        "https://SHOP.example/p?a=1&b=2#top",
        "https://shop.example/p?a=1&utm_campaign=x&b=2&fbclid=z",
    ]
    assert {canonical_url(url) for url in spellings} == {"https://shop.example/p?a=1&b=2"}
    assert canonical_url("https://shop.example/p?a=2") != canonical_url(spellings[0])


def test_the_error_survives_a_trip_to_another_process() -> None:
    error = pickle.loads(pickle.dumps(InvalidSources(["a", "b"])))
    assert error.problems == ["a", "b"]
