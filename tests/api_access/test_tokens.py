"""Tokens of an issuer, over HTTP from its keys to our answers: the good get in, and every other does not."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from jwt.warnings import InsecureKeyLengthWarning

from assigner.domain.access import Role
from tests.api.running import until
from tests.api_access.issuer import AUDIENCE, Issuer, encoded, issuer
from tests.api_access.keyed import ANA, Keyed, keyed
from tests.api_live.living import NOON_MS, code

NOW_S = NOON_MS // 1_000
STATS = "/v1/stats"


@contextmanager
def trusting(**settings: Any) -> Iterator[tuple[Keyed, Issuer]]:
    with issuer() as there, keyed(oidc_issuer=there.url, oidc_audience=AUDIENCE, **settings) as doors:
        yield doors, there


@pytest.fixture(scope="module")
def both() -> Iterator[tuple[Keyed, Issuer]]:
    with trusting() as them:
        yield them


def claims(there: Issuer, **more: Any) -> dict[str, Any]:
    said = {
        "iss": there.url,
        "aud": AUDIENCE,
        "sub": "eva",
        "exp": NOW_S + 600,
        "role": "coordinator",
        "workspace": "north",
        **more,
    }
    return {name: value for name, value in said.items() if value is not None}


def test_a_good_token_gets_in_as_its_claims_say(both: tuple[Keyed, Issuer]) -> None:
    doors, there = both
    token = there.token(claims(there))
    assert doors.ask(token, "GET", STATS).status_code == 200
    task = f"by-token-{next(doors.numbers)}"
    doors.ask(doors.north.keys[Role.PLATFORM], "POST", "/v1/tasks", {"id": task})
    assert doors.ask(token, "POST", f"/v1/tasks/{task}/hold", {"reason": "x"}).status_code == 200
    told = doors.ask(token, "GET", f"/v1/tasks/{task}/history").json()["items"]
    assert told[-1]["actor"] == "oidc:eva"
    assert (
        doors.ask(there.token(claims(there, workspace="south")), "GET", f"/v1/tasks/{task}").status_code
        == 404
    )
    assert code(doors.ask(token, "GET", "/v1/keys")) == (403, "forbidden")


def test_a_token_of_role_agent_is_one_agents(both: tuple[Keyed, Issuer]) -> None:
    doors, there = both
    for agent in (ANA, "bob"):
        doors.ask(doors.north.keys[Role.ADMIN], "PUT", f"/v1/agents/{agent}", {})
    token = there.token(claims(there, role="agent", agent=ANA))
    assert doors.ask(token, "GET", f"/v1/agents/{ANA}").status_code == 200
    assert doors.ask(token, "GET", "/v1/agents/bob").status_code == 404
    for agent in (None, "", "a b", 7, ["ana"]):
        without = there.token(claims(there, role="agent", agent=agent))
        assert code(doors.ask(without, "GET", f"/v1/agents/{ANA}")) == (403, "forbidden")


@pytest.mark.parametrize(
    "more",
    [
        {"exp": NOW_S - 31},
        {"exp": None},
        {"exp": "tomorrow"},
        {"exp": True},
        {"exp": 1e300},
        {"exp": float("nan")},
        {"nbf": NOW_S + 31},
        {"nbf": "now"},
        {"aud": "another"},
        {"aud": None},
        {"aud": ["a", "b"]},
        {"aud": ""},
        {"iss": "https://elsewhere.example.com"},
        {"iss": None},
        {"sub": None},
        {"sub": ""},
        {"sub": 7},
        {"sub": "e\u202eva"},
        {"sub": "eva\n"},
        {"sub": "e" * 256},
    ],
    ids=str,
)
def test_claims_that_will_not_do_let_nobody_in(both: tuple[Keyed, Issuer], more: dict[str, Any]) -> None:
    doors, there = both
    said = claims(there, **more)
    token = there.token({k: v for k, v in said.items() if k not in {"iss", "sub"} or isinstance(v, str)})
    if isinstance(said.get("sub"), int):
        head = encoded({"alg": "RS256", "kid": "one"})
        token = f"{head}.{encoded(said)}.{token.split('.')[2]}"
    assert code(doors.ask(token, "GET", STATS)) == (401, "unauthorized")


@pytest.mark.parametrize(
    "more",
    [{"role": None}, {"role": "boss"}, {"role": []}, {"role": 7}, {"workspace": "west"}, {"workspace": None},
     {"workspace": ["north"]}],
    ids=str,
)  # fmt: skip
def test_a_good_token_that_says_nothing_of_us_may_nothing(
    both: tuple[Keyed, Issuer], more: dict[str, Any]
) -> None:
    doors, there = both
    assert code(doors.ask(there.token(claims(there, **more)), "GET", STATS)) == (403, "forbidden")


def test_of_several_roles_the_first_of_the_precedence_holds(both: tuple[Keyed, Issuer]) -> None:
    doors, there = both
    token = there.token(claims(there, role=["offline_access", "sre", "coordinator"], aud=[AUDIENCE, "other"]))
    assert doors.ask(token, "GET", "/v1/tasks").status_code == 200
    assert doors.ask(token, "GET", "/metrics").status_code == 403


@pytest.mark.parametrize(
    "algorithm", ["none", "None", "NONE", "nOnE", "HS256", "HS384", "RS256 ", "", None, 7, ["RS256"]]
)
def test_no_algorithm_but_ours_is_taken(both: tuple[Keyed, Issuer], algorithm: Any) -> None:
    """Least of all a shared secret that is the public key, which everybody has."""
    doors, there = both
    for secret in (None, b"", there.public_pem("one"), there.public_pem("one").strip()):
        token = there.forged(claims(there), {"alg": algorithm, "kid": "one", "typ": "JWT"}, secret)
        assert code(doors.ask(token, "GET", STATS)) == (401, "unauthorized")


def test_a_signature_of_another_key_or_of_none_is_refused(both: tuple[Keyed, Issuer]) -> None:
    doors, there = both
    good = there.token(claims(there))
    head, body, signature = good.split(".")
    other = Issuer(url=there.url)
    other.add("one")
    changed = encoded(claims(there, role="admin"))
    for token in (
        other.token(claims(there)),
        f"{head}.{changed}.{signature}",
        f"{head}.{body}.",
        f"{head}.{body}",
        f"{head}.{body}.{signature}.x",
        f"..{signature}",
        f"{head}.{body}.{signature[:-8]}AAAAAAAA",
        "a" * 9_000,
        f"{head}.{'a' * 7_000}.{signature}",
        f"{encoded(b'[' * 5_000)}.{body}.{signature}",
        f"{encoded({'alg': 'RS256', 'kid': 'one', 'jwk': other.published[0]})}.{body}.{signature}",
    ):
        assert code(doors.ask(token, "GET", STATS)) == (401, "unauthorized")
    assert doors.ask(good, "GET", STATS).status_code == 200


def test_a_key_is_for_its_own_kind_of_signature() -> None:
    with trusting() as (doors, there):
        there.published.clear()
        there.add("one", alg="RS512")
        there.add("ec", "EC")
        there.add("ed", "OKP")
        there.add("small", bits=1024)
        there.add("cipher", use="enc")
        there.published.append({"kty": "oct", "kid": "shared", "k": "c2VjcmV0"})

        def status(kid: str, algorithm: str) -> int:
            return doors.ask(there.token(claims(there), kid, algorithm), "GET", STATS).status_code

        assert status("ec", "ES256") == status("ed", "EdDSA") == status("one", "RS512") == 200
        assert status("one", "RS256") == status("one", "PS512") == 401
        assert status("cipher", "RS256") == 401
        with pytest.warns(InsecureKeyLengthWarning):
            small = there.token(claims(there), "small")
        assert doors.ask(small, "GET", STATS).status_code == 401
        shared = there.forged(claims(there), {"alg": "HS256", "kid": "shared"}, b"secret")
        assert doors.ask(shared, "GET", STATS).status_code == 401


def test_an_unknown_key_is_looked_for_now_and_then_only() -> None:
    with trusting() as (doors, there):
        assert doors.ask(there.token(claims(there)), "GET", STATS).status_code == 200
        assert there.fetched == 1
        there.add("two")
        token = there.token(claims(there), "two")
        for _ in range(20):
            assert doors.ask(token, "GET", STATS).status_code == 401
        assert there.fetched == 1
        doors.clock.advance(30_000)
        assert doors.ask(token, "GET", STATS).status_code == 200
        assert there.fetched == 2


def test_while_the_issuer_is_away_its_keys_are_kept() -> None:
    with trusting() as (doors, there):
        there.down = True
        refused = doors.ask(there.token(claims(there)), "GET", STATS)
        assert code(refused) == (503, "not_ready")
        assert refused.headers["Retry-After"] == "1"
        there.down = False
        doors.clock.advance(30_000)
        assert doors.ask(there.token(claims(there)), "GET", STATS).status_code == 200
        there.down = True
        doors.clock.advance(3_600_000)
        late = claims(there, exp=NOW_S + 7_200)
        for n in range(3):
            assert doors.ask(there.token({**late, "n": n}), "GET", STATS).status_code == 200


def test_a_token_is_good_until_it_expires_and_no_longer() -> None:
    with trusting() as (doors, there):
        token = there.token(claims(there))
        assert doors.ask(token, "GET", STATS).status_code == 200
        doors.clock.advance(629_000)
        assert doors.ask(token, "GET", STATS).status_code == 200
        doors.clock.advance(1_000)
        assert doors.ask(token, "GET", STATS).status_code == 401


def test_a_key_that_the_issuer_gives_up_ends_its_tokens() -> None:
    with trusting() as (doors, there):
        old = there.token(claims(there))
        assert doors.ask(old, "GET", STATS).status_code == 200
        there.published.clear()
        there.add("two")
        doors.clock.advance(30_000)
        assert doors.ask(there.token(claims(there), "two"), "GET", STATS).status_code == 200
        assert doors.ask(old, "GET", STATS).status_code == 401


def test_a_key_that_the_issuer_gave_up_long_ago_ends_tokens_that_are_known() -> None:
    with trusting() as (doors, there):
        old = there.token(claims(there, exp=NOW_S + 7_200))
        assert doors.ask(old, "GET", STATS).status_code == 200
        there.published.clear()
        doors.clock.advance(3_600_000)
        until(lambda: doors.ask(old, "GET", STATS).status_code == 401, "its key has been looked for")


def test_where_the_only_workspace_is_clear_a_token_need_not_say_it() -> None:
    with issuer() as there:
        said = {"oidc_issuer": there.url, "oidc_audience": AUDIENCE, "oidc_jwks_url": f"{there.url}/keys"}
        said |= {"oidc_role_claim": "realm_access.roles"}
        with keyed(workspaces="north", **said) as doors:
            roles = {"roles": ["offline_access", "sre"]}
            token = there.token(claims(there, role=None, workspace=None, realm_access=roles), None)
            assert doors.ask(token, "GET", STATS).status_code == 401, "which key it is has to be said"
            token = there.token(claims(there, role=None, workspace=None, realm_access=roles))
            assert doors.ask(token, "GET", STATS).status_code == 200


def test_keys_and_tokens_go_side_by_side(both: tuple[Keyed, Issuer]) -> None:
    doors, there = both
    for shown in (doors.north.keys[Role.SRE], there.token(claims(there, role="sre"))):
        assert doors.ask(shown, "GET", "/metrics").status_code == 200
