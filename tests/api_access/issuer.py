"""An OpenID Connect issuer: its keys, over HTTP, and the tokens that it signs or that others forge."""

import base64
import hashlib
import hmac
import json
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import jwt
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa

AUDIENCE = "assigner"


def encoded(data: bytes | Mapping[str, Any]) -> str:
    """A part of a token."""
    raw = data if isinstance(data, bytes) else json.dumps(data).encode()
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


@dataclass(slots=True, kw_only=True)
class Issuer:
    """An issuer that runs. `published` is what its JWKS has; `fetched`, how often it was asked for it."""

    url: str = ""
    private: dict[str, Any] = field(default_factory=dict)
    published: list[dict[str, Any]] = field(default_factory=list)
    fetched: int = 0
    down: bool = False

    def add(self, kid: str, kind: str = "RSA", *, bits: int = 2048, **more: Any) -> None:
        """Have a new key."""
        made: Any = {
            "RSA": lambda: rsa.generate_private_key(65537, bits),
            "EC": lambda: ec.generate_private_key(ec.SECP256R1()),
            "OKP": ed25519.Ed25519PrivateKey.generate,
        }[kind]()
        algorithm = {"RSA": "RS256", "EC": "ES256", "OKP": "EdDSA"}[kind]
        public: Any = jwt.get_algorithm_by_name(algorithm)
        jwk = public.to_jwk(made.public_key(), as_dict=True)
        self.private[kid] = made
        self.published.append({**jwk, "kid": kid, **more})

    def public_pem(self, kid: str) -> bytes:
        """A public key as text, which anybody can have."""
        form = serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
        return bytes(self.private[kid].public_key().public_bytes(*form))

    def token(self, claims: Mapping[str, Any], kid: str | None = "one", algorithm: str = "RS256") -> str:
        """A token that this issuer has signed."""
        headers = None if kid is None else {"kid": kid}
        return jwt.encode(dict(claims), self.private[kid or "one"], algorithm, headers)

    def forged(self, claims: Mapping[str, Any], head: Mapping[str, Any], secret: bytes | None) -> str:
        """A token signed with a shared secret (HS256), or not at all."""
        said = f"{encoded(head)}.{encoded(claims)}"
        sum_ = hmac.new(secret, said.encode(), hashlib.sha256).digest() if secret is not None else b""
        return f"{said}.{encoded(sum_)}"


@contextmanager
def issuer() -> Iterator[Issuer]:
    """An issuer until the block ends, with an RSA key "one"."""
    made = Issuer()

    class Answer(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            found = {
                "/.well-known/openid-configuration": {"issuer": made.url, "jwks_uri": f"{made.url}/keys"},
                "/keys": {"keys": made.published},
            }.get(self.path)
            made.fetched += self.path == "/keys"
            self.send_response(503 if made.down or found is None else 200)
            self.end_headers()
            self.wfile.write(json.dumps(found).encode())

        def log_message(self, *_: object) -> None: ...

    with ThreadingHTTPServer(("127.0.0.1", 0), Answer) as server:
        made.url = f"http://127.0.0.1:{server.server_port}"
        made.add("one")
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield made
        finally:
            server.shutdown()
            thread.join()
