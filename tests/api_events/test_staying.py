"""Who follows for long: signs of life, who is slow, how many there may be, and when the service stops."""

import socket
import struct
from collections.abc import Iterator
from contextlib import contextmanager

from api.events.hub import STOPS, Pace
from api.events.ring import MOST_PIECE_BYTES
from tests.api.running import until
from tests.api_events.following import follow, hub_of
from tests.api_live.living import Living, code, living

SMALL_BYTES = 4_096
LARGE = {"attributes": {"crm": "x" * 4_000}}


def test_a_quiet_stream_gives_signs_of_life() -> None:
    with living() as centre:
        hub_of(centre).pace = Pace(heartbeat_s=0.01, look_s=0.01)
        with follow(centre) as stream:
            assert [stream.comment() for _ in range(3)] == ["Still here."] * 3


@contextmanager
def _stopped(centre: Living) -> Iterator[socket.socket]:
    """A reader who takes nothing, and has little room for what is sent."""
    with socket.socket() as one:
        one.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, SMALL_BYTES)
        one.connect(centre.service.address)
        one.sendall(b"GET /v1/events HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
        yield one


def test_who_takes_nothing_is_dropped_and_holds_nobody_up() -> None:
    with living() as centre:
        hub = hub_of(centre)
        hub.pace = Pace(patience_s=0.1, look_s=0.01)
        with follow(centre) as steady, _stopped(centre):
            until(lambda: len(hub.readers) == 2, "both follow")
            made = 0
            while centre.service.metric("assigner_event_readers_dropped_total") == 0:
                tasks = [centre.task(**LARGE) for _ in range(50)]
                assert steady.told(50) == [("task.enqueued", task) for task in tasks]
                made += 50
                assert made * 4_000 < 2**26, "the stopped reader is never dropped"
            until(lambda: centre.service.metric("assigner_event_readers") == 1, "it is gone")
            assert centre.service.metric("assigner_event_readers_dropped_total") == 1


def test_who_is_slow_gets_everything_at_their_pace() -> None:
    """What waits for them is a piece: the rest is in the ring, or in the store."""
    with living() as centre, follow(centre) as slow:
        hub = hub_of(centre)
        tasks = [centre.task(**LARGE) for _ in range(400)]
        until(lambda: all(reader.since_s is not None for reader in hub.readers), "there is no room")
        connections = centre.service.server.server_state.connections
        waiting = max(one.transport.get_write_buffer_size() for one in connections)
        assert waiting < 3 * MOST_PIECE_BYTES
        assert slow.told(400) == [("task.enqueued", task) for task in tasks]


def test_one_who_goes_away_is_forgotten() -> None:
    with living() as centre:
        with follow(centre), follow(centre):
            until(lambda: centre.service.metric("assigner_event_readers") == 2, "both follow")
        until(lambda: centre.service.metric("assigner_event_readers") == 0, "both are gone")
        with follow(centre) as stream:
            linger = struct.pack("ii", 1, 0)
            stream.connection.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
        until(lambda: not hub_of(centre).readers, "it is gone")


def test_one_who_is_gone_before_the_first_word_is_no_failure() -> None:
    """They come back from an event that nobody has heard of yet: it is waited for, a moment."""
    with living() as centre:
        head = b"GET /v1/events HTTP/1.1\r\nHost: 127.0.0.1\r\nLast-Event-ID: 9000000000000-0\r\n\r\n"
        with centre.service.connect(head) as one:
            until(lambda: centre.service.metric("assigner_http_requests_in_flight") == 2, "it is waited for")
            one.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))

        def ended(status: str) -> float:
            asked = {"route": "/v1/events", "status": status}
            return centre.service.metric("assigner_http_requests_total", **asked)

        until(lambda: ended("499") + ended("500") == 1, "the request has ended")
        assert ended("499") == 1


def test_no_more_follow_than_the_setting_says() -> None:
    with living(max_event_readers=1) as centre:
        with follow(centre):
            refused = centre.ask("GET", "/v1/events")
            assert code(refused) == (503, "too_many_readers")
            assert refused.headers["Retry-After"] == "1"
        until(lambda: not hub_of(centre).readers, "it is gone")
        with follow(centre) as stream:
            task = centre.task()
            assert stream.told(1) == [("task.enqueued", task)]


def test_when_the_service_stops_streams_end_at_once_and_whole() -> None:
    with living() as centre, follow(centre) as stream:
        task = centre.task()
        assert stream.told(1) == [("task.enqueued", task)]
        centre.service.server.should_exit = True
        assert stream.rest() == [{"": STOPS.decode().strip().removeprefix(": ")}]
