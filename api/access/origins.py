"""Where a browser says that a request is from: without keys no page of a web site may reach the service.

A page can make its own name mean 127.0.0.1 (DNS rebinding); the name is then still in the Host header.
"""

from __future__ import annotations

from functools import lru_cache
from urllib.parse import urlsplit

from assigner.config import is_loopback

TOLD_BY = (b"host", b"origin", b"sec-fetch-site", b"sec-fetch-mode")
"""The headers that say it."""


@lru_cache(maxsize=256)
def is_of_this_machine(
    host: bytes | None, origin: bytes | None, site: bytes | None, mode: bytes | None
) -> bool:
    """Whether the Host and the Origin of a request, where it has them, are of loopback, and it does not fetch
    something for the page of another site: a picture, say, which comes without an Origin. A link may be
    followed from anywhere.
    """
    if site == b"cross-site" and mode != b"navigate":
        return False
    named = [b"//" + host] if host is not None else []
    given = [origin] if origin is not None else []
    return all(_is_local(url.decode("latin-1")) for url in named + given)


def _is_local(url: str) -> bool:
    try:
        return is_loopback(urlsplit(url).hostname or "")
    except ValueError:
        return False
