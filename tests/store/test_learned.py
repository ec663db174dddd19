"""What the dispatcher learns is kept, by whoever leads only, with the last event in it, until dropped."""

from __future__ import annotations

from assigner.store.base import LEARNED, Learn
from assigner.store.keys import prefix
from assigner.store.learning import MOST_FIELDS
from assigner.store.redis import RedisStore
from tests.store.scene import Hand

VALUES = [0, -1.5, 1e300, "words", None, True, [1, [2.25, "x"]], {"a": {"b": []}}]


async def test_nothing_is_learned_at_first(hand: Hand) -> None:
    found = await hand.store.learned()
    assert (found.upto, found.fields) == ("", {kind: {} for kind in LEARNED})


async def test_what_was_learned_comes_back_by_kind_and_name(hand: Hand) -> None:
    lease = await hand.lead()
    said = {f"a\x1fb {number} é": value for number, value in enumerate(VALUES)}
    assert await hand.store.learn(
        Learn(lease=lease, set={"handling": said, "price": {"ann": 1.5}}, upto="5-1")
    )
    found = await hand.store.learned()
    assert (found.upto, found.fields["handling"], found.fields["price"]) == ("5-1", said, {"ann": 1.5})
    assert (await hand.store.learned("price")).fields == {"price": {"ann": 1.5}}


async def test_what_is_learned_anew_takes_the_place_of_what_was_and_the_rest_stays(hand: Hand) -> None:
    lease = await hand.lead()
    await hand.store.learn(Learn(lease=lease, set={"price": {"ann": 1, "bob": 2, "eva": 3}}, upto="5-1"))
    assert await hand.store.learn(
        Learn(lease=lease, set={"price": {"bob": 7}}, drop={"price": ["eva", "nobody"]})
    )
    found = await hand.store.learned("price")
    assert (found.upto, found.fields["price"]) == ("5-1", {"ann": 1, "bob": 7})


async def test_a_note_alone_is_kept(hand: Hand) -> None:
    lease = await hand.lead()
    assert await hand.store.learn(Learn(lease=lease, upto="7-0"))
    assert (await hand.store.learned()).upto == "7-0"


async def test_who_does_not_lead_teaches_nothing(hand: Hand) -> None:
    """A dispatcher that was paused, and came back, does not undo what the next one has learned."""
    lease = await hand.lead()
    await hand.store.drop_lease(lease)
    assert not await hand.store.learn(Learn(lease=lease, set={"price": {"ann": 1}}, upto="5-1"))
    after = await hand.lead()
    assert await hand.store.learn(Learn(lease=after, set={"price": {"ann": 2}}, upto="6-0"))
    assert not await hand.store.learn(Learn(lease=lease, set={"price": {"ann": 3}}, drop={"price": ["ann"]}))
    found = await hand.store.learned("price")
    assert (found.upto, found.fields["price"]) == ("6-0", {"ann": 2})


async def test_much_is_learned_in_parts_and_all_of_it(hand: Hand) -> None:
    lease = await hand.lead()
    many = {f"agent {number}": number for number in range(2 * MOST_FIELDS + 1)}
    assert await hand.store.learn(Learn(lease=lease, set={"price": many}, upto="5-1"))
    found = await hand.store.learned("price")
    assert (found.upto, found.fields["price"]) == ("5-1", many)
    drop = {"price": list(many)[1:]}
    assert await hand.store.learn(Learn(lease=lease, set={"arrivals": {"t": 4}}, drop=drop, upto="6-0"))
    found = await hand.store.learned("price", "arrivals")
    assert (found.upto, found.fields) == ("6-0", {"price": {"agent 0": 0}, "arrivals": {"t": 4}})


async def test_no_event_tells_of_it(hand: Hand) -> None:
    lease = await hand.lead()
    before = (await hand.store.world()).last_event
    await hand.store.learn(Learn(lease=lease, set={"price": {"ann": 1}}, upto="5-1"))
    assert (await hand.store.world()).last_event == before


async def test_a_value_that_is_no_json_is_none(hand: Hand) -> None:
    """Another hand wrote it: the rest is read all the same."""
    lease = await hand.lead()
    await hand.store.learn(Learn(lease=lease, set={"price": {"ann": 1}}))
    if isinstance(hand.store, RedisStore):
        key = prefix(hand.store.workspace) + "learned:price"
        await hand.store.client.hset(key, mapping={"bob": "{", "cid": "NaN"})
        assert (await hand.store.learned("price")).fields["price"] == {"ann": 1, "bob": None, "cid": None}
