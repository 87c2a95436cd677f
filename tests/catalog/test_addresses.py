"""Hostile addresses, in the spellings and shapes that have got past others."""

import ipaddress

import pytest
from pydantic import ValidationError

from catalog.addresses import Address, is_named, is_public
from catalog.errors import AddressRefused
from catalog.page import fetch
from settings import Settings
from tests.hostile_host import HostileHost, Internet

LOOPBACK = """
    127.0.0.1 127.255.255.254 127.1 127.0.1 0 0.0.0.0 0.0.0.1 2130706433 0x7f000001 0X7F000001
    0x7f.0.0.1 0x7f.1 017700000001 0177.0.0.1 0177.1 127.0.0.01 127.000.000.001 127.0.0.1.
    00000177.0.0.1 0x00000000007f.0.0.1 4294967296 127.0.0.0x1 localhost LOCALHOST localhost.
    %31%32%37.0.0.1 127.0.0.%31 127%2e0%2e0%2e1 127.0.0.1%00.shop.example 127.0.0.1%2f@shop.example
    ①②⑦.⓪.⓪.① 127。0。0。1 １２７.０.０.１ 127．0．0．1 ⓛⓞⓒⓐⓛⓗⓞⓢⓣ loc%61lhost
    [::1] [::] [0:0:0:0:0:0:0:1] [0000:0000:0000:0000:0000:0000:0000:0001] [::1%25lo] [::1%lo]
    [::ffff:127.0.0.1] [::ffff:7f00:1] [0:0:0:0:0:ffff:7f00:1] [::127.0.0.1] [::7f00:1]
    [::ffff:0:127.0.0.1] [64:ff9b::127.0.0.1] [64:ff9b::7f00:1] [64:ff9b:1::7f00:1]
    [2002:7f00:1::] [2001:0:7f00:1::] [2001:0:4136:e378:8000:63bf:80ff:fffe]
    [2001:db8::5efe:7f00:1] [2606:2800::5efe:127.0.0.1] [2606:2800::200:5efe:7f00:1] [127.0.0.1]
    ::1 [::1 ::1] [::1]] [] [:::1] [1::2::3]
""".split()

PRIVATE = """
    10.0.0.1 10.255.255.255 172.16.0.1 172.31.255.255 192.168.0.1 192.168.255.255 167772161
    0xa000001 012.0.0.1 10.1 192.168.257 3232235521 0xc0.0xa8.0x0.0x1 100.64.0.1 100.127.255.255
    169.254.0.1 169.254.169.254 169.254.170.2 2852039166 0xa9fea9fe 0251.0376.0251.0376
    [::ffff:169.254.169.254] [::ffff:a9fe:a9fe] [64:ff9b::a9fe:a9fe] [2002:a9fe:a9fe::]
    [fd00:ec2::254] [fd20:ce::254] 100.100.100.200 192.0.0.192 168.63.129.16
    192.0.0.1 192.0.2.1 192.88.99.1 198.18.0.1 198.19.255.255 198.51.100.1 203.0.113.1
    224.0.0.1 239.255.255.250 240.0.0.1 255.255.255.255 [fe80::1] [fec0::1] [fc00::1] [fdff::1]
    [ff02::1] [ff0e::1] [100::1] [2001:2::1] [2001:10::1] [2001:20::1] [2001:db8::1] [3fff::1]
    [5f00::1] [4000::1] [8000::1]
""".split()

SHAPES = [
    "http://user@93.184.215.14/",
    "http://user:word@93.184.215.14/",
    "http://@93.184.215.14/",
    "http://:@93.184.215.14/",
    "http://93.184.215.14@127.0.0.1/",
    "http://93.184.215.14:80@127.0.0.1/",
    "http://127.0.0.1#@93.184.215.14/",
    "http://127.0.0.1?@93.184.215.14/",
    "http://127.0.0.1:80#.shop.example/",
    "http://93.184.215.14\\@127.0.0.1/",
    "http://127.0.0.1\\@93.184.215.14/",
    "http:\\\\127.0.0.1\\",
    "http:/\\127.0.0.1/",
    "http://127.0.0.1\t/",
    "http://127.\n0.0.1/",
    "ht\ntp://127.0.0.1/",
    "\x00http://127.0.0.1/",
    "http://127.0.0.1\x00.shop.example/",
    "http://127.0.0.1 .shop.example/",
    " http://127.0.0.1/ ",
    "http://93.184.215.14\r\nHost: 127.0.0.1/",
    "http://93.184.215.14/\r\nX-Injected: yes",
    "http:127.0.0.1/",
    "http:/127.0.0.1/",
    "http:///127.0.0.1/",
    "http:////127.0.0.1/",
    "http://",
    "http://?",
    "http://.",
    "http://..",
    "//127.0.0.1/",
    "127.0.0.1/",
    "127.0.0.1:80/",
    "",
    "/",
    "http://93.184.215.14:22/",
    "http://93.184.215.14:0/",
    "http://93.184.215.14:65536/",
    "http://93.184.215.14:99999/",
    "http://93.184.215.14:-80/",
    "http://93.184.215.14:0x50/",
    "http://93.184.215.14:8O/",
    "http://93.184.215.14:80:22/",
    "http://93.184.215.14:６３７９/",
    "http://93.184.215.%31%34/",
    "http://%73hop.example/",
    "http://[2606:2800:21f::1%25lo]/",
    "http://[93.184.215.14]/",
    "http://1.2.3/",
    "http://1.2.3.4.5/",
    "http://256.256.256.256/",
    "http://shop.example.0x7f/",
    "http://-.1/",
    "http://shop..example/",
    "http://" + "a" * 64 + ".example/",
    "http://" + "a." * 130 + "example/",
    "http://93.184.215.14/" + "a" * 9_000,
    "file:///etc/passwd",
    "file://127.0.0.1/etc/passwd",
    "FILE:///etc/passwd",
    "ftp://93.184.215.14/",
    "gopher://127.0.0.1:6379/_FLUSHALL",
    "dict://127.0.0.1:11211/stats",
    "ldap://127.0.0.1/",
    "sftp://127.0.0.1/",
    "jar:http://127.0.0.1!/",
    "view-source:http://127.0.0.1/",
    "data:text/html,hello",
    "javascript:alert(1)",
    "blob:http://127.0.0.1/1",
    "ws://127.0.0.1/",
    "unix:///run/postgresql",
    "http+unix://%2Frun%2Fdocker.sock/info",
    "url:http://127.0.0.1/",
]
HOSTILE = [f"http://{host}/" for host in LOOPBACK + PRIVATE] + SHAPES
# Those that a header can hold, and that are not relative to the host that sends it.
REDIRECTS = [
    url for url in HOSTILE if ":" in url.partition("/")[0] and not set(url) & set("\r\n\0")
]
REDIRECTS.remove("127.0.0.1:80/")
REDIRECTS += ["//127.0.0.1/", "//[::1]/", "//[127.0.0.1]/", "//[::1/", "//user@10.0.0.1/"]


@pytest.mark.parametrize("url", HOSTILE)
def test_a_hostile_address_is_refused_before_any_connection(internet: Internet, url: str) -> None:
    internet.names |= {"localhost": [["127.0.0.1"]], "shop.example": [["93.184.215.14"]]}
    with pytest.raises(AddressRefused) as caught:
        fetch(url, max_bytes=1_000, settings=Settings())
    assert internet.connects == []
    assert str(caught.value).endswith(".")


@pytest.mark.parametrize("url", REDIRECTS)
def test_a_hostile_redirect_is_refused_before_any_connection(
    internet: Internet, host: HostileHost, url: str
) -> None:
    internet.names["localhost"] = [["127.0.0.1"]]
    internet.place("shop.example", "93.184.215.14", host)
    host.answers["/"] = lambda visit: visit.reply(302, b"", Location=url.encode().decode("latin-1"))
    host.answers["/robots.txt"] = b""
    with pytest.raises(AddressRefused):
        fetch("http://shop.example/", max_bytes=1_000, settings=Settings())
    assert set(internet.connects) == {("93.184.215.14", 80)}


def test_the_tables_are_long_enough() -> None:
    assert len(set(HOSTILE)) > 180
    assert len(set(REDIRECTS)) > 150


@pytest.mark.parametrize(
    ("url", "read_as"),
    [
        ("http://shop.example", "http://shop.example/"),
        ("HTTP://Shop.Example.:80/a b?c[]=ü#part", "http://shop.example/a%20b?c%5B%5D=%C3%BC"),
        ("https://shop.example?page=2", "https://shop.example/?page=2"),
        ("https://shop.example:443/a/../b", "https://shop.example/b"),
        ("https://münchen.example/ü", "https://xn--mnchen-3ya.example/%C3%BC"),
        ("https://my_shop.example/@user/a@b", "https://my_shop.example/@user/a@b"),
        ("https://93.184.215.14/", "https://93.184.215.14/"),
        ("http://93.184.215.14#@127.0.0.1:22/", "http://93.184.215.14/"),
        ("http://93.184.215.14?@127.0.0.1:22/", "http://93.184.215.14/?@127.0.0.1:22/"),
        ("https://[2606:2800:21F::1]/", "https://[2606:2800:21f::1]/"),
        ("https://1.shop.example/", "https://1.shop.example/"),
    ],
)
def test_a_usual_address_is_taken_apart(url: str, read_as: str) -> None:
    assert Address.read(url).url == read_as


@pytest.mark.parametrize(
    "block",
    """0.0.0.0/8 10.0.0.0/8 100.64.0.0/10 127.0.0.0/8 169.254.0.0/16 172.16.0.0/12 192.0.0.0/24
    192.0.2.0/24 192.88.99.0/24 192.168.0.0/16 198.18.0.0/15 198.51.100.0/24 203.0.113.0/24
    224.0.0.0/4 240.0.0.0/4 ::/8 100::/8 2001::/23 2001:db8::/32 2002::/16 3fff::/20 5f00::/16
    fc00::/7 fe80::/10 fec0::/10 ff00::/8""".split(),
)
def test_no_part_of_a_reserved_block_is_public(block: str) -> None:
    network = ipaddress.ip_network(block)
    for step in (0, 1, network.num_addresses // 2, network.num_addresses - 1):
        assert not is_public(network[step]), network[step]


@pytest.mark.parametrize(
    "address",
    """1.1.1.1 8.8.8.8 9.255.255.255 11.0.0.0 93.184.215.14 100.63.255.255 100.128.0.0
    126.255.255.255 128.0.0.0 169.253.255.255 169.255.0.0 172.15.255.255 172.32.0.0 191.255.255.255
    192.0.1.0 192.167.255.255 192.169.0.0 198.17.255.255 198.20.0.0 223.255.255.255
    2000:: 2001:200:: 2003:: 2606:2800:21f::1 2a00:1450:4001::200e 64:ff9b::5db8:d70e""".split(),
)
def test_the_neighbours_of_reserved_blocks_are_public(address: str) -> None:
    assert is_public(ipaddress.ip_address(address))


# --- Hosts that the user names ---


@pytest.mark.parametrize(
    ("entry", "url", "named"),
    [
        ("shop.example", "http://shop.example/", True),
        ("shop.example", "http://shop.example:8080/", True),
        ("shop.example", "http://www.shop.example/", False),
        ("shop.example", "http://shop.example.evil.example/", False),
        ("shop.example", "http://notshop.example/", False),
        (".shop.example", "http://www.shop.example/", True),
        (".shop.example", "http://shop.example/", True),
        (".shop.example", "http://notshop.example/", False),
        ("shop.example:8080", "http://shop.example:8080/", True),
        ("shop.example:8080", "http://shop.example/", False),
        ("shop.example:80", "http://shop.example/", True),
        ("Shop.Example", "http://SHOP.example./", True),
        ("münchen.example", "http://münchen.example/", True),
        ("10.0.0.1", "http://10.0.0.1/", True),
        ("10.0.0.1", "http://110.0.0.1/", False),
        ("::1", "http://[::1]/", True),
        ("[::1]:80", "http://[::1]/", True),
    ],
)
def test_a_host_is_named_by_a_setting(entry: str, url: str, named: bool) -> None:
    assert is_named(Address.read(url), frozenset({entry})) is named


def test_an_allowed_host_opens_no_other(host: HostileHost) -> None:
    settings = Settings(allowed_private_hosts=frozenset({host.name}))
    for address in (f"localhost:{host.port}", f"{host.name}@10.0.0.1", "127.0.0.1:1", "127.0.0.1"):
        with pytest.raises(AddressRefused):
            fetch(f"http://{address}/", max_bytes=1_000, settings=settings)


@pytest.mark.parametrize("elsewhere", ["http://localhost:{port}/", "http://127.0.0.1/"])
def test_an_allowed_host_cannot_send_to_another_private_one(
    internet: Internet, host: HostileHost, elsewhere: str
) -> None:
    settings = Settings(allowed_private_hosts=frozenset({host.name}))
    url = f"http://{host.name}/redirects?to={elsewhere.format(port=host.port)}"
    with pytest.raises(AddressRefused):
        fetch(url, max_bytes=1_000, settings=settings)
    assert internet.connects in ([], [("127.0.0.1", host.port)])


def test_hosts_are_named_without_a_scheme(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CTA_OWN_SHOPS", "shop.example, .other.example")
    assert Settings().own_shops == {"shop.example", ".other.example"}
    monkeypatch.setenv("CTA_OWN_SHOPS", "https://shop.example/")
    with pytest.raises(ValidationError, match="name the host alone"):
        Settings()
