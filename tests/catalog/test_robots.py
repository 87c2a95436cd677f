"""What a host's robots.txt says is done, where the host is not the user's own."""

import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from catalog import robots
from catalog.errors import (
    AddressRefused,
    DisallowedByRobots,
    PageUnreachable,
    RobotsUnreadable,
)
from catalog.page import fetch
from catalog.robots import product_token
from settings import Settings
from tests.hostile_host import HostileHost, Internet, Visit

SHOP, CDN = "93.184.215.14", "93.184.215.15"


@pytest.fixture(autouse=True)
def _shop(internet: Internet, host: HostileHost) -> None:
    internet.place("shop.example", SHOP, host)
    internet.place("cdn.example", CDN, host)
    host.answers.update({"/mug": b"mug", "/secret": b"secret", "/robots.txt": b""})


def read(path: str, name: str = "shop.example", **changes: object) -> bytes:
    values: dict[str, object] = {"fetch_total_seconds": 1.0, "fetch_attempts": 1, **changes}
    settings = Settings(**values)  # type: ignore[arg-type]
    return fetch(f"http://{name}{path}", max_bytes=100_000, settings=settings).body


def says(host: HostileHost, *lines: str) -> None:
    host.answers["/robots.txt"] = "\n".join(lines).encode()


def with_status(status: int, **headers: str) -> object:
    return lambda visit: visit.reply(status, b"User-agent: *\nDisallow: /", **headers)


@pytest.mark.parametrize(
    ("rules", "path", "may"),
    [
        (["User-agent: *", "Disallow: /secret"], "/secret", False),
        (["User-agent: *", "Disallow: /secret"], "/mug", True),
        (["User-agent: *", "Disallow: /", "Allow: /mug"], "/mug", True),
        (["User-agent: *", "Disallow: /*.jpg$"], "/mug.jpg", False),
        (["User-agent: *", "Disallow: /*?colour="], "/mug?colour=red", False),
        (["User-agent: cta-previews", "Disallow: /"], "/mug", False),
        (["User-agent: CTA-Previews", "Disallow: /"], "/mug", False),
        (["User-agent: cta-previews/1.0", "Disallow: /"], "/mug", False),
        (["user agent : cta-previews", "Disallow: /"], "/mug", False),
        (["User-agent: *", "Disallow: /", "User-agent: cta-previews", "Allow: /"], "/mug", True),
        (["User-agent: GPTBot", "Disallow: /"], "/mug", True),
        (["User-agent: previews", "Disallow: /"], "/mug", True),
        (["User-agent: GPTBot", "User-agent: cta-previews", "Disallow: /"], "/mug", False),
        (["User-agent: GPTBot", "Disallow: /", "", "User-agent: *", "Allow: /"], "/mug", True),
        (["User-agent: *", "Disallow:"], "/mug", True),
        (["<!doctype html><title>Page not found</title>"], "/mug", True),
        (["\ufeffUser-agent: *", "Disallow: /"], "/mug", False),
    ],
)
def test_rules_are_obeyed(host: HostileHost, rules: list[str], path: str, may: bool) -> None:
    says(host, *rules)
    host.answers.setdefault(path, b"picture")
    if may:
        assert read(path)
    else:
        with pytest.raises(DisallowedByRobots, match=r"Ask the shop.*CTA_OWN_SHOPS"):
            read(path)
        assert host.hits[path] == 0


def test_a_host_is_asked_once_for_all_its_addresses(host: HostileHost) -> None:
    paths = [f"/{number}" for number in range(30)]
    host.answers.update(dict.fromkeys(paths, b"picture"))
    with ThreadPoolExecutor(8) as threads:
        list(threads.map(read, paths))
    assert host.hits["/robots.txt"] == 1


def test_rules_are_asked_for_again_when_they_are_old(
    host: HostileHost, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(robots, "_KEPT_SECONDS", 0.2)
    robots.forget_robots()
    read("/mug")
    read("/mug")
    assert host.hits["/robots.txt"] == 1
    time.sleep(0.25)
    says(host, "User-agent: *", "Disallow: /")
    with pytest.raises(DisallowedByRobots):
        read("/mug")


def test_each_host_has_its_own_rules(host: HostileHost) -> None:
    def by_host(visit: Visit) -> None:
        cdn = visit.headers["host"] == "cdn.example"
        visit.reply(200, b"User-agent: *\nDisallow: /" if cdn else b"")

    host.answers["/robots.txt"] = by_host
    assert read("/mug")
    with pytest.raises(DisallowedByRobots, match=r"cdn\.example"):
        read("/mug", "cdn.example")


def test_the_rules_hold_for_what_an_address_redirects_to(host: HostileHost) -> None:
    says(host, "User-agent: *", "Disallow: /secret")
    with pytest.raises(DisallowedByRobots) as caught:
        read("/redirects?to=http://cdn.example/secret")
    assert caught.value.url == "http://cdn.example/secret"
    assert host.hits["/secret"] == 0


@pytest.mark.parametrize("setting", ["own_shops", "allowed_private_hosts"])
def test_ones_own_hosts_are_not_asked(host: HostileHost, setting: str) -> None:
    says(host, "User-agent: *", "Disallow: /")
    assert read("/mug", **{setting: frozenset({"shop.example"})}) == b"mug"
    assert host.hits["/robots.txt"] == 0
    with pytest.raises(DisallowedByRobots):
        read("/mug", "cdn.example", **{setting: frozenset({"shop.example"})})


# --- Where there is none to be had (RFC 9309, 2.3.1) ---


@pytest.mark.parametrize("status", [400, 401, 403, 404, 410, 418, 451])
def test_a_host_without_rules_may_be_read(host: HostileHost, status: int) -> None:
    host.answers["/robots.txt"] = with_status(status)  # type: ignore[assignment]
    assert read("/mug") == b"mug"


@pytest.mark.parametrize("status", [429, 500, 502, 503, 504])
def test_a_host_in_trouble_is_left_alone_for_now(host: HostileHost, status: int) -> None:
    host.answers["/robots.txt"] = with_status(status)  # type: ignore[assignment]
    with pytest.raises(RobotsUnreadable, match=r"robots\.txt of shop\.example.*left alone"):
        read("/mug")
    assert host.hits["/mug"] == 0


@pytest.mark.parametrize("way", ["drips", "silent", "no-http", "short", "endless-headers"])
def test_rules_that_cannot_be_read_keep_the_host_alone(host: HostileHost, way: str) -> None:
    host.answers["/robots.txt"] = getattr(Visit, way.replace("-", "_"))
    began = time.monotonic()
    with pytest.raises(RobotsUnreadable):
        read("/mug")
    assert time.monotonic() - began < 1.6
    assert host.hits["/mug"] == 0


def test_a_failure_is_not_asked_for_again_at_once_but_soon(
    host: HostileHost, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(robots, "_FAILURE_KEPT_SECONDS", 0.2)
    robots.forget_robots()
    host.answers["/robots.txt"] = with_status(500)  # type: ignore[assignment]
    for _ in range(3):
        with pytest.raises(RobotsUnreadable):
            read("/mug")
    assert host.hits["/robots.txt"] == 1
    host.answers["/robots.txt"] = b""
    time.sleep(0.25)
    assert read("/mug") == b"mug"


def test_what_may_pass_is_tried_again_for_the_rules_too(host: HostileHost) -> None:
    host.answers["/robots.txt"] = Visit.hangs_up_once
    assert read("/mug", fetch_attempts=2, fetch_total_seconds=5) == b"mug"
    assert host.hits["/robots.txt"] == 2


def test_rules_behind_too_many_redirects_are_none(host: HostileHost) -> None:
    host.answers["/robots.txt"] = lambda visit: visit.reply(302, b"", Location="/loop")
    assert read("/mug") == b"mug"


def test_rules_behind_a_redirect_are_obeyed(host: HostileHost) -> None:
    host.answers["/rules"] = b"User-agent: *\nDisallow: /"
    host.answers["/robots.txt"] = lambda visit: visit.reply(
        301, b"", Location="http://cdn.example/rules"
    )
    with pytest.raises(DisallowedByRobots):
        read("/mug")


@pytest.mark.parametrize("place", ["http://10.0.0.1/robots.txt", "http://169.254.169.254/latest"])
def test_rules_are_not_fetched_from_a_private_address(
    internet: Internet, host: HostileHost, place: str
) -> None:
    host.answers["/robots.txt"] = lambda visit: visit.reply(302, b"", Location=place)
    with pytest.raises(RobotsUnreadable):
        read("/mug")
    assert set(internet.connects) == {(SHOP, 80)}


def test_a_private_host_is_refused_before_it_is_asked_for_rules(internet: Internet) -> None:
    internet.names["intranet.example"] = [["10.0.0.1"]]
    with pytest.raises(AddressRefused) as caught:
        read("/wiki", "intranet.example")
    assert caught.value.url == "http://intranet.example/wiki"
    assert internet.connects == []


# --- Rules made to hurt ---


def test_only_the_first_500_kib_are_read(host: HostileHost) -> None:
    start = b"User-agent: *\nDisallow: /secret\n"
    host.answers["/robots.txt"] = start + b"# filler\n" * 200_000 + b"Disallow: /mug\n"
    assert read("/mug", fetch_total_seconds=10) == b"mug"
    with pytest.raises(DisallowedByRobots):
        read("/secret", fetch_total_seconds=10)


@pytest.mark.parametrize(
    "rules",
    [
        "".join(f"User-agent: bot{number}\n" for number in range(14_000))
        + "Disallow: /a\n" * 18_000,
        "".join(f"user  agent bot{number}\n" for number in range(14_000))
        + "Disallow: /a\n" * 18_000,
        "\x85".join(f"User-agent: bot{number}" for number in range(14_000))
        + "\n"
        + "Disallow: /a\n" * 18_000,
        "User-agent: *\n" + "".join(f"Disallow: /*{n}*{n}*{n}*x$\n" for n in range(14_000)),
        "User-agent: *\nDisallow: /" + "*a" * 250_000 + "$",
        "User-agent: *\n" + "Disallow: /$$$$$\n" * 30_000,
    ],
    ids=["programs", "odd-programs", "hidden-programs", "wildcards", "one-pattern", "dollars"],
)
def test_rules_made_to_hurt_cost_little(host: HostileHost, rules: str) -> None:
    host.answers["/robots.txt"] = rules.encode()
    path = "/" + "a" * 6_000
    host.answers[path] = b"long"
    began = time.process_time()
    read(path, fetch_total_seconds=20)
    assert time.process_time() - began < 4


# --- Pauses ---


def test_a_pause_that_the_rules_ask_for_is_made_up_to_the_bound(host: HostileHost) -> None:
    says(host, "User-agent: *", "Crawl-delay: 10", "Allow: /")
    settings = {"fetch_max_crawl_delay_seconds": 0.3, "fetch_total_seconds": 5}
    for _ in range(3):
        read("/mug", **settings)
    # As the host sees them, which may be late to look; without a bound they were ten seconds.
    first, second, third = host.times["/mug"]
    assert 0.2 < second - first < 5
    assert 0.2 < third - second < 5


def test_a_pause_that_does_not_fit_is_told(host: HostileHost) -> None:
    says(host, "User-agent: *", "Crawl-delay: 10")
    for _ in range(2):
        read("/mug", fetch_max_crawl_delay_seconds=0.6, fetch_total_seconds=2)
    with pytest.raises(PageUnreachable, match="too many are waiting"):
        read("/mug", fetch_max_crawl_delay_seconds=0.6, fetch_total_seconds=0.3)


def test_a_bound_of_nothing_means_no_pause(host: HostileHost) -> None:
    says(host, "User-agent: *", "Crawl-delay: 10")
    for _ in range(3):
        read("/mug", fetch_max_crawl_delay_seconds=0)
    assert host.times["/mug"][2] - host.times["/mug"][0] < 5


@pytest.mark.parametrize(
    ("user_agent", "token"),
    [
        ("cta-previews/1.0 (product preview generator)", "cta-previews"),
        ("Acme_Ads", "acme_ads"),
        ("1.0", "*"),
    ],
)
def test_the_token_is_the_first_word_of_the_user_agent(user_agent: str, token: str) -> None:
    assert product_token(user_agent) == token
