"""Connections: what is looked up is checked, what is checked is connected to."""

import datetime
import ipaddress
import socket
import ssl
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import certifi
import pytest
import requests
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from catalog.connections import GuardedAdapter, time_limit, tls_context
from catalog.errors import AddressRefused, PageUnreachable
from catalog.page import fetch
from settings import Settings
from tests.hostile_host import HostileHost, Internet, Visit

PUBLIC, ALSO_PUBLIC = "93.184.215.14", "2606:2800:21f::1"
TOTAL = 1.0
SLACK = 0.6


def read(url: str, **changes: object) -> bytes:
    values: dict[str, object] = {
        "own_shops": frozenset({".example"}),
        "fetch_total_seconds": TOTAL,
        "fetch_attempts": 1,
        **changes,
    }
    return fetch(url, max_bytes=1_000_000, settings=Settings(**values)).body  # type: ignore[arg-type]


# --- Names ---


@pytest.mark.parametrize(
    "answer",
    ["127.0.0.1", "10.1.2.3", "169.254.169.254", "100.100.100.200", "::1", "::ffff:10.0.0.1",
     "fd00:ec2::254", "64:ff9b::a00:1", "2002:a00:1::", "0.0.0.0", "224.0.0.1"],
)  # fmt: skip
def test_a_name_that_leads_to_a_private_address_is_refused(internet: Internet, answer: str) -> None:
    internet.names["shop.example"] = [[answer]]
    with pytest.raises(AddressRefused):
        read("http://shop.example/")
    assert internet.connects == []


@pytest.mark.parametrize(
    "answers", [[PUBLIC, "10.0.0.1"], ["10.0.0.1", PUBLIC], [PUBLIC, ALSO_PUBLIC, "::1"]]
)
def test_one_private_answer_among_public_ones_is_enough_to_refuse(
    internet: Internet, host: HostileHost, answers: list[str]
) -> None:
    internet.place("shop.example", PUBLIC, host)
    internet.names["shop.example"] = [answers]
    with pytest.raises(AddressRefused):
        read("http://shop.example/")
    assert internet.connects == []


def test_what_was_checked_is_what_is_connected_to(internet: Internet, host: HostileHost) -> None:
    """DNS rebinding: the second answer for the same name is a private address."""
    internet.place("shop.example", PUBLIC, host)
    internet.names["shop.example"] = [[PUBLIC], ["127.0.0.1"]]
    read("http://shop.example/")
    assert internet.lookups == ["shop.example"]
    assert internet.connects == [(PUBLIC, 80)]


def test_a_name_is_checked_again_for_each_connection(internet: Internet, host: HostileHost) -> None:
    internet.place("shop.example", PUBLIC, host)
    internet.names["shop.example"] = [[PUBLIC], ["127.0.0.1"]]
    host.answers["/bye"] = lambda visit: visit.reply(200, b"ok", Connection="close")
    read("http://shop.example/bye")
    with pytest.raises(AddressRefused):
        read("http://shop.example/bye")
    assert internet.connects == [(PUBLIC, 80)]


def test_a_redirect_to_a_name_that_turned_private_is_refused(
    internet: Internet, host: HostileHost
) -> None:
    internet.place("shop.example", PUBLIC, host)
    internet.names["cdn.example"] = [["192.168.1.1"]]
    with pytest.raises(AddressRefused) as caught:
        read("http://shop.example/redirects?to=http://cdn.example/")
    assert caught.value.url == "http://cdn.example/"
    assert internet.connects == [(PUBLIC, 80)]


def test_the_next_address_is_tried_where_one_is_dead(internet: Internet, host: HostileHost) -> None:
    internet.place("shop.example", PUBLIC, host)
    internet.names["shop.example"] = [[ALSO_PUBLIC, PUBLIC]]
    assert read("http://shop.example/")
    assert internet.connects == [(ALSO_PUBLIC, 80), (PUBLIC, 80)]


def test_not_every_address_of_a_long_answer_is_tried(internet: Internet) -> None:
    internet.names["shop.example"] = [[f"93.184.215.{number}" for number in range(100)]]
    with pytest.raises(PageUnreachable):
        read("http://shop.example/")
    assert len(internet.connects) == 4


def test_a_connection_that_may_be_private_is_not_lent_to_who_may_not(
    internet: Internet, host: HostileHost
) -> None:
    internet.names["shop.example"] = [["127.0.0.1"]]
    url = f"http://shop.example:{host.port}/"
    assert read(url, allowed_private_hosts=frozenset({"shop.example"}))
    with pytest.raises(AddressRefused):
        read(url)
    internet.names["shop.example"] = [["127.0.0.1"]]
    internet.hosts["127.0.0.1"] = host
    assert read("http://shop.example/", allowed_private_hosts=frozenset({"shop.example"}))
    with pytest.raises(AddressRefused):
        read("http://shop.example/")


def test_a_busy_host_keeps_its_bound_while_many_others_are_read(
    internet: Internet, host: HostileHost
) -> None:
    for number in range(80):
        internet.place(f"shop-{number}.example", PUBLIC, host)
    internet.place("busy.example", PUBLIC, host)
    released = threading.Event()

    def hold(visit: Visit) -> None:
        released.wait(60)
        visit.reply(200)

    host.answers["/held"] = hold
    patient = {"fetch_read_seconds": 60, "fetch_total_seconds": 60}
    with ThreadPoolExecutor(1) as threads:
        holding = threads.submit(
            read, "http://busy.example/held", fetch_connections_per_host=1, **patient
        )
        try:
            while not host.hits["/held"]:
                time.sleep(0.01)
            for number in range(80):
                read(f"http://shop-{number}.example/", fetch_connections_per_host=1)
            with pytest.raises(PageUnreachable, match="busy"):
                read("http://busy.example/", fetch_connections_per_host=1, fetch_total_seconds=0.2)
        finally:
            released.set()
        assert holding.result() == b"ok"


def test_a_name_that_does_not_exist_is_told_and_asked_for_once(internet: Internet) -> None:
    with pytest.raises(PageUnreachable, match=r"no host of the name nowhere\.example"):
        read("http://nowhere.example/", fetch_attempts=3)
    assert internet.lookups == ["nowhere.example"]


def test_a_connection_that_is_refused_is_tried_again(internet: Internet) -> None:
    internet.names["shop.example"] = [[PUBLIC]]
    with pytest.raises(PageUnreachable, match="could be made"):
        read("http://shop.example/", fetch_attempts=2)
    assert internet.connects == [(PUBLIC, 80)] * 2


def test_a_resolver_that_does_not_answer_is_not_waited_for(
    internet: Internet, monkeypatch: pytest.MonkeyPatch
) -> None:
    over = threading.Event()
    monkeypatch.setattr(socket, "getaddrinfo", lambda *arguments, **options: over.wait(10) and [])
    began = time.monotonic()
    with pytest.raises(PageUnreachable, match="in time"):
        read("http://shop.example/")
    assert time.monotonic() - began < TOTAL + SLACK
    over.set()


# --- TLS ---


class Authority:
    """A certificate authority that the tests trust."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "Tests")])
        certificate = self._sign(self._key, self._name, x509.BasicConstraints(True, None))
        self.path = folder / "authority.pem"
        self.path.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))

    def server(self, name: str) -> ssl.SSLContext:
        """What a server needs that is, or says that it is, this host."""
        key = ec.generate_private_key(ec.SECP256R1())
        subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
        names: list[x509.GeneralName] = [x509.DNSName(name)]
        certificate = self._sign(key, subject, x509.SubjectAlternativeName(names))
        file = self._folder / f"{name}.pem"
        file.write_bytes(
            key.private_bytes(
                serialization.Encoding.PEM,
                serialization.PrivateFormat.PKCS8,
                serialization.NoEncryption(),
            )
            + certificate.public_bytes(serialization.Encoding.PEM)
        )
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(file)
        return context

    def _sign(
        self,
        key: ec.EllipticCurvePrivateKey,
        subject: x509.Name,
        extension: x509.BasicConstraints | x509.SubjectAlternativeName,
    ) -> x509.Certificate:
        now = datetime.datetime.now(datetime.UTC)
        day = datetime.timedelta(days=1)
        builder = x509.CertificateBuilder(self._name, subject, key.public_key())
        builder = builder.serial_number(x509.random_serial_number())
        builder = builder.not_valid_before(now - day).not_valid_after(now + day)
        return builder.add_extension(extension, critical=False).sign(self._key, hashes.SHA256())


@pytest.fixture
def authority(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Authority]:
    authority = Authority(tmp_path)
    monkeypatch.setattr(certifi, "where", lambda: str(authority.path))
    tls_context.cache_clear()
    yield authority
    tls_context.cache_clear()


@pytest.fixture
def secure_host(authority: Authority) -> Iterator[HostileHost]:
    host = HostileHost(authority.server("secure.example"))
    yield host
    host.close()


def test_a_name_is_kept_for_the_certificate(internet: Internet, secure_host: HostileHost) -> None:
    internet.place("secure.example", PUBLIC, secure_host)
    for _ in range(3):
        assert b"secure.example" in read("https://secure.example/")
    assert (internet.connects, secure_host.connections) == ([(PUBLIC, 443)], 1)


def test_a_certificate_for_another_name_is_refused_at_once(
    internet: Internet, secure_host: HostileHost
) -> None:
    internet.place("other.example", PUBLIC, secure_host)
    with pytest.raises(PageUnreachable, match="certificate of other"):
        read("https://other.example/", fetch_attempts=3)
    assert secure_host.connections == 1


def test_a_certificate_that_nobody_vouches_for_is_refused(
    internet: Internet, secure_host: HostileHost, tmp_path: Path
) -> None:
    (tmp_path / "other").mkdir()
    other = HostileHost(Authority(tmp_path / "other").server("forged.example"))
    internet.place("forged.example", PUBLIC, other)
    with pytest.raises(PageUnreachable, match=r"certificate of forged\.example is not valid"):
        read("https://forged.example/")
    other.close()


def test_no_request_turns_the_check_of_certificates_off(
    internet: Internet, secure_host: HostileHost
) -> None:
    internet.place("other.example", PUBLIC, secure_host)
    request = requests.Request("GET", "https://other.example/").prepare()
    with time_limit(TOTAL), pytest.raises(requests.exceptions.SSLError):
        GuardedAdapter(Settings()).send(request, verify=False, timeout=TOTAL)


@pytest.mark.parametrize("path", ["drips", "drips-headers", "drips-chunks", "silent"])
def test_the_whole_time_holds_under_tls(
    internet: Internet, secure_host: HostileHost, path: str
) -> None:
    internet.place("secure.example", PUBLIC, secure_host)
    began = time.monotonic()
    with pytest.raises(PageUnreachable, match="in time"):
        read(f"https://secure.example/{path}")
    assert time.monotonic() - began < TOTAL + SLACK


def test_a_handshake_that_never_ends_is_not_waited_for(
    internet: Internet, authority: Authority
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as mute:
        silent = HostileHost.__new__(HostileHost)
        silent.port = mute.getsockname()[1]
        internet.place("mute.example", PUBLIC, silent)
        internet.seconds_to_connect = 0.8
        began = time.monotonic()
        with pytest.raises(PageUnreachable, match="in time"):
            read("https://mute.example/")
        assert time.monotonic() - began < TOTAL + SLACK


def test_an_address_in_brackets_is_read(internet: Internet, host: HostileHost) -> None:
    internet.hosts[ALSO_PUBLIC] = host
    internet.names[ALSO_PUBLIC] = [[ALSO_PUBLIC]]
    assert ipaddress.ip_address(ALSO_PUBLIC).version == 6
    settings = {"own_shops": frozenset({ALSO_PUBLIC})}
    assert f"[{ALSO_PUBLIC}]".encode() in read(f"http://[{ALSO_PUBLIC}]/", **settings)
