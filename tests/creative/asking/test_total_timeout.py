"""A request ends in time, over HTTP and TLS, through a proxy, and on a connection that is reused."""

import datetime
import socket
import ssl
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from creative.asking.total_timeout import TotalTimeoutAdapter
from tests.hostile_host import HostileHost

SECONDS = 0.4


@pytest.fixture
def session() -> Iterator[requests.Session]:
    with requests.Session() as session:
        for scheme in ("http://", "https://"):
            session.mount(scheme, TotalTimeoutAdapter())
        yield session


@pytest.fixture
def host() -> Iterator[HostileHost]:
    host = HostileHost()
    yield host
    host.close()


@pytest.fixture
def certificate(tmp_path: Path) -> Path:
    """A file with a key and a certificate for "localhost" that it signed itself."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "localhost")])
    now, day = datetime.datetime.now(datetime.UTC), datetime.timedelta(days=1)
    builder = x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
    builder = builder.not_valid_before(now - day).not_valid_after(now + day)
    names = x509.SubjectAlternativeName([x509.DNSName("localhost")])
    signed = builder.add_extension(names, critical=False).sign(key, hashes.SHA256())
    file = tmp_path / "localhost.pem"
    file.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        + signed.public_bytes(serialization.Encoding.PEM)
    )
    return file


@pytest.fixture
def secure_host(certificate: Path) -> Iterator[HostileHost]:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    host = HostileHost(context)
    yield host
    host.close()


def times_out(session: requests.Session, url: str, **options: object) -> bool:
    began = time.monotonic()
    with pytest.raises(requests.Timeout):
        session.get(url, timeout=SECONDS, **options)  # type: ignore[arg-type]
    return time.monotonic() - began < SECONDS + 1.5


@pytest.mark.parametrize("path", ["drips", "drips-headers", "drips-chunks", "silent"])
def test_a_slow_server_is_left_in_time(
    session: requests.Session, host: HostileHost, path: str
) -> None:
    assert times_out(session, f"http://{host.name}/{path}")


@pytest.mark.parametrize("path", ["drips", "drips-headers", "silent"])
def test_a_slow_server_is_left_in_time_over_tls(
    session: requests.Session, secure_host: HostileHost, certificate: Path, path: str
) -> None:
    url = f"https://localhost:{secure_host.port}"
    assert session.get(f"{url}/chunks", timeout=5, verify=str(certificate)).text == "hello world"
    assert times_out(session, f"{url}/{path}", verify=str(certificate))


def test_a_server_that_never_greets_is_left_in_time(session: requests.Session) -> None:
    with socket.create_server(("127.0.0.1", 0)) as deaf:
        assert times_out(session, f"https://127.0.0.1:{deaf.getsockname()[1]}/")


def test_a_slow_server_behind_a_proxy_is_left_in_time(
    session: requests.Session, host: HostileHost
) -> None:
    proxies = {"http": f"http://{host.name}"}
    host.answers["http://far.example/"] = b"through"
    assert session.get("http://far.example/", proxies=proxies, timeout=5).text == "through"
    host.answers["http://far.example/slow"] = lambda visit: visit.drips()
    assert times_out(session, "http://far.example/slow", proxies=proxies)


def test_a_proxy_that_is_slow_to_let_through_is_left_in_time(
    session: requests.Session, host: HostileHost
) -> None:
    host.answers["far.example:443"] = lambda visit: visit.drips_headers()
    assert times_out(session, "https://far.example/", proxies={"https": f"http://{host.name}"})


def test_a_connection_that_is_reused_is_held_to_it_too(
    session: requests.Session, host: HostileHost
) -> None:
    session.get(f"http://{host.name}/", timeout=5)
    assert times_out(session, f"http://{host.name}/drips")
    assert host.connections == 1
    assert session.get(f"http://{host.name}/chunks", timeout=5).text == "hello world"


def test_no_thread_stays_behind(session: requests.Session, host: HostileHost) -> None:
    def watching() -> int:
        return sum(one.name == "exchange" for one in threading.enumerate())

    session.get(f"http://{host.name}/", timeout=30)
    assert times_out(session, f"http://{host.name}/drips")
    deadline = time.monotonic() + 2
    while watching() and time.monotonic() < deadline:
        time.sleep(0.01)
    assert watching() == 0


def test_other_failures_keep_their_names(session: requests.Session, host: HostileHost) -> None:
    with pytest.raises(requests.ConnectionError):
        session.get(f"http://{host.name}/no-http", timeout=5)
    with pytest.raises(requests.exceptions.ChunkedEncodingError):
        session.get(f"http://{host.name}/short", timeout=5)
