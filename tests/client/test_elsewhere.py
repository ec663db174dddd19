"""Another server at the address, or in between: the key goes to the service alone, and what is no answer of
the service's is not taken for one.
"""

from __future__ import annotations

import pickle
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from assigner.client import AssignerError, Client, NotOurs, NotReached
from assigner.client.errors import problem_of
from tests.api_live.living import Living
from tests.cli.centre import url
from tests.client.both import asking
from tests.client.test_retries import KINDS

SECRET = "ask_very-secret"  # noqa: S105 - it opens nothing


class Server(ThreadingHTTPServer):
    """Answers everything with one answer, and keeps what it was told of who asks."""

    def __init__(self, status: int, body: bytes, headers: dict[str, str]) -> None:
        super().__init__(("127.0.0.1", 0), Same)
        self.answer = (status, body, headers)
        self.asked: list[str | None] = []

    def handle_error(self, *args: object) -> None:
        """Who does not trust us hangs up."""


class Same(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        assert isinstance(self.server, Server)
        self.server.asked.append(self.headers["Authorization"])
        self.rfile.read(int(self.headers["Content-Length"] or 0))
        status, body, headers = self.server.answer
        self.send_response(status)
        for name, value in {**headers, "Content-Length": str(len(body))}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    do_POST = do_DELETE = do_GET  # noqa: N815 - as its base class has them

    def log_message(self, *args: object) -> None:
        pass


@contextmanager
def serving(
    status: int, body: bytes = b"", certificate: Path | None = None, **headers: str
) -> Iterator[Server]:
    with Server(status, body, headers) as server:
        if certificate:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(certificate)
            server.socket = context.wrap_socket(
                server.socket, server_side=True, do_handshake_on_connect=False
            )
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()


ASKS: list[Callable[[Client], Any]] = [
    lambda client: client.ready(),
    lambda client: client.keys.revoke("0123456789abcdef"),
    lambda client: client.agents.remove("ana"),
    lambda client: client.overrides.csv(),
    lambda client: client.stats(),
    lambda client: list(client.tasks.batch([{"id": "INC-1"}])),
    lambda client: next(client.events.follow()),
]


@pytest.mark.parametrize("kind", KINDS)
def test_a_redirection_is_no_answer_and_the_key_goes_nowhere_else(kind: str) -> None:
    with serving(200, b"{}") as other:
        there = f"http://127.0.0.1:{other.server_port}/"
        with serving(307, b"", Location=there) as server:
            address = f"http://127.0.0.1:{server.server_port}"
            with asking(kind, address, key=SECRET, retries=0) as client:
                for ask in ASKS:
                    with pytest.raises(NotOurs, match="answered 307"):
                        ask(client)
        assert server.asked == [f"Bearer {SECRET}"] * len(ASKS)
        assert other.asked == []


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("body", [b"<h1>Sign in</h1>", b'["Welcome"]', b'{"hello": "you"}'])
def test_a_page_of_another_server_is_no_answer(kind: str, body: bytes) -> None:
    with serving(200, body) as server:
        address = f"http://127.0.0.1:{server.server_port}"
        with asking(kind, address, key=SECRET, retries=0) as client:
            for ask in ASKS[1:4] + ASKS[5:]:
                with pytest.raises(NotOurs):
                    ask(client)


def certificate(folder: Path) -> Path:
    """One for 127.0.0.1 that nobody vouches for, with its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .sign(key, hashes.SHA256())
    )
    written = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    file = folder / "both.pem"
    file.write_bytes(written + made.public_bytes(Encoding.PEM))
    return file


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("scheme", ["https", "HTTPS", "Https"])
def test_a_server_for_which_nobody_vouches_is_not_given_the_key(
    kind: str, scheme: str, tmp_path: Path
) -> None:
    with serving(200, b"{}", certificate(tmp_path)) as server:
        address = f"{scheme}://127.0.0.1:{server.server_port}"
        with (
            asking(kind, address, key=SECRET, retries=0) as client,
            pytest.raises(NotReached, match="CERTIFICATE_VERIFY_FAILED"),
        ):
            client.stats()
    assert server.asked == []


@pytest.mark.parametrize(
    "address",
    ["http://", "ftp://x", "x:80", "http://[::1", "http://x:abc", "http://x:0", "http://x/?a=1", ""],
)
def test_what_is_no_address_is_told(address: str) -> None:
    with pytest.raises(AssignerError, match="such as http://127"):
        Client(address)


def test_a_password_in_the_address_is_refused_and_not_shown() -> None:
    """It would be sent in place of the key."""
    with pytest.raises(AssignerError, match="leave it out, and give a key") as caught:
        Client("https://me:very-secret@assigner.example", key=SECRET)
    assert "very-secret" not in str(caught.value)


@pytest.mark.parametrize("kind", KINDS)
def test_what_no_header_and_no_address_can_say_is_told_and_not_tried_again(kind: str) -> None:
    """A request that was tried again would end as NotReached: nobody is there."""
    with asking(kind, "http://127.0.0.1:9") as client:
        for wrong in ("ü", "a\nb", " a"):
            with pytest.raises(AssignerError, match="Idempotency-Key can have only visible") as caught:
                client.tasks.start("INC-1", idempotency_key=wrong)
            assert type(caught.value) is AssignerError
        with pytest.raises(AssignerError, match="Accept-Language"):
            client.with_options(language="ü").stats()
        with pytest.raises(AssignerError) as caught:
            client.tasks.get("x" * 70_000)
        assert type(caught.value) is AssignerError


def test_a_record_of_a_list_guards_nothing_and_that_is_told(centre: Living) -> None:
    with Client(url(centre)) as client:
        client.tasks.make(centre.new(), queue=(queue := centre.new("q")))
        [listed] = client.tasks.list(queue=queue)
        with pytest.raises(AssignerError, match="no if_match"):
            client.tasks.patch(listed.id, priority=1, if_match=listed.etag)
        assert client.tasks.get(listed.id).priority == listed.priority


def test_an_option_that_is_misspelt_is_told() -> None:
    with pytest.raises(TypeError, match="no option timeout; there are timeout_s, retries, language"):
        Client(timeout=3)  # type: ignore[call-arg]


@pytest.mark.parametrize("errors", ['["bad"]', "3", '{"a": 1}', "null"])
def test_an_error_in_nearly_our_words_is_an_error_all_the_same(errors: str) -> None:
    body = f'{{"code": "x", "detail": "y", "errors": {errors}, "errors_total": "9"}}'.encode()
    error = problem_of(400, {}, body, "GET /v1/stats")
    assert (error.code, error.errors, error.errors_total) == ("x", (), 0)


def test_an_error_goes_from_one_process_to_another() -> None:
    error = problem_of(409, {"retry-after": "3"}, b'{"code": "offer_taken", "detail": "Late."}', "POST /x")
    there = pickle.loads(pickle.dumps(error))  # noqa: S301 - our own
    assert (type(there), str(there), there.said) == (type(error), str(error), error.said)
    assert there.retry_after_s == 3


def test_an_answer_that_is_not_packed_as_it_says_is_one_that_did_not_come() -> None:
    with serving(200, b"not gzip", **{"Content-Encoding": "gzip"}) as server:
        address = f"http://127.0.0.1:{server.server_port}"
        with Client(address, retries=0) as client, pytest.raises(NotReached):
            client.stats()
