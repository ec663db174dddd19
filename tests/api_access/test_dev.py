"""Without keys: this machine only, and no page of a web site."""

import pytest

from tests.api.running import Running, running
from tests.api_live.living import code, living


@pytest.fixture(scope="module")
def service() -> Running:
    with running(workers=1) as it:
        yield it


@pytest.mark.parametrize("path", ["/livez", "/docs", "/v1/assign", "/metrics"])
@pytest.mark.parametrize(
    "headers",
    [
        {"Host": "evil.example"},
        {"Host": "evil.example:8080"},
        {"Host": "127.0.0.1.evil.example"},
        {"Host": "localhost.evil.example"},
        {"Host": "192.168.1.7:8080"},
        {"Host": "[::2]:8080"},
        {"Host": "[::1"},
        {"Host": "127.0.0.1@evil.example"},
        {"Host": ""},
        {"Origin": "https://evil.example"},
        {"Origin": "http://127.0.0.1.evil.example"},
        {"Origin": "null"},
        {"Origin": ""},
        {"Origin": "file://"},
        {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "no-cors"},
        {"Sec-Fetch-Site": "cross-site"},
    ],
    ids=str,
)
def test_pages_of_web_sites_are_refused(service: Running, path: str, headers: dict[str, str]) -> None:
    refused = service.client.request("POST" if path == "/v1/assign" else "GET", path, headers=headers)
    assert code(refused) == (403, "forbidden")


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "127.0.0.1:8080", "localhost:8080", "[::1]:8080", "127.1.2.3:1"]
)
def test_programs_of_this_machine_are_answered(service: Running, host: str) -> None:
    assert service.client.get("/livez", headers={"Host": host}).status_code == 200
    assert service.client.get("/livez", headers={"Origin": f"http://{host}"}).status_code == 200


@pytest.mark.parametrize(
    ("site", "mode"), [("cross-site", "navigate"), ("same-origin", "cors"), ("none", "navigate")]
)
def test_a_link_may_be_followed_from_anywhere(service: Running, site: str, mode: str) -> None:
    headers = {"Sec-Fetch-Site": site, "Sec-Fetch-Mode": mode}
    assert service.client.get("/docs", headers=headers).status_code == 200


def test_everybody_is_called_dev_and_may_do_everything() -> None:
    with living() as centre:
        task = centre.task()
        told = centre.ask("GET", f"/v1/tasks/{task}/history").json()["items"]
        assert told[0]["actor"] == "dev"
        made = centre.ask("POST", "/v1/keys", {"name": "x", "role": "sre"})
        assert made.status_code == 201
        assert "RateLimit" not in made.headers
        assert centre.ask("GET", "/v1/stats", Authorization="Bearer nonsense").status_code == 200


def test_openapi_asks_for_no_key(service: Running) -> None:
    document = service.client.get("/openapi.json").json()
    assert document["paths"]["/v1/assign"]["post"]["security"] == []
