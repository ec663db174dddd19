"""A store that cannot be had is told of, whatever the reason."""

import asyncio
import logging
from pathlib import Path

from assigner.store import embedded
from assigner.store.keeper import Keeper
from assigner.store.redis import RedisStore, connect
from tests.store.scene import Servers


class Told(logging.Handler):
    """Waits for a line in the log."""

    def __init__(self) -> None:
        super().__init__()
        self._line = asyncio.Event()

    def emit(self, record: logging.LogRecord) -> None:
        self._line.set()

    async def wait(self) -> None:
        await self._line.wait()


def test_a_server_that_does_not_let_us_look_is_told_of_and_used_when_it_does(servers: Servers) -> None:
    async def scene() -> str:
        admin = connect(servers["valkey"])
        await admin.execute_command("ACL", "SETUSER", "poor", "on", "nopass", "~*", "+@all", "-info")
        poor = RedisStore(connect(servers["valkey"].replace("unix://", "unix://poor:any@")), workspace="poor")
        keeper, told = Keeper(stores=[poor]), Told()
        logging.getLogger("assigner").addHandler(told)
        keeping = asyncio.create_task(keeper.keep())
        await told.wait()
        why = str(keeper.obstacle)
        await admin.execute_command("ACL", "SETUSER", "poor", "+info")
        await keeping
        logging.getLogger("assigner").removeHandler(told)
        assert keeper.obstacle is None
        await poor.client.delete("ta:{poor}:schema")
        await keeper.close()
        await admin.execute_command("ACL", "DELUSER", "poor")
        await admin.aclose()
        return why

    why = asyncio.run(asyncio.wait_for(scene(), 30))
    assert why.startswith("The store cannot be opened: ")
    assert "info" in why


def test_a_server_that_cannot_be_started_now_is_started_when_it_can(tmp_path: Path) -> None:
    async def scene() -> None:
        server = embedded.claim(tmp_path, "fast")
        keeper = Keeper(stores=[RedisStore(connect(server.url))], server=server)
        lock = server.folder / "server.lock"
        lock.mkdir()
        told = Told()
        logging.getLogger("assigner").addHandler(told)
        keeping = asyncio.create_task(keeper.keep())
        await told.wait()
        assert "server.lock" in str(keeper.obstacle)
        lock.rmdir()
        await keeper.ready.wait()
        assert keeper.obstacle is None
        logging.getLogger("assigner").removeHandler(told)
        keeping.cancel()
        await asyncio.wait({keeping})
        await keeper.close()

    asyncio.run(asyncio.wait_for(scene(), 60))
