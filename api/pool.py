"""The worker processes: started beforehand, given one job at a time, replaced when they end or have to.

A solve cannot be interrupted and holds its interpreter, so a job is stopped by killing its process.
"""

import asyncio
import contextlib
import logging
import sys
from collections.abc import Iterator

from api import frames
from api.errors import ApiError
from api.messages import Job, Reply
from api.spool import Spool
from api.worker import Worker, WorkerGoneError
from assigner.config import Settings
from assigner.metrics import Meters

# A new worker costs up to a second of a core: a job that nobody waits for may end by itself within this.
GRACE_S = 0.5
_FIRST_DELAY_S = 0.2
_LONGEST_DELAY_S = 30.0
_RETRY_AFTER = {"Retry-After": "1"}
_MIB = 2**20
_logger = logging.getLogger(__name__)


class Pool:
    """As many workers as the settings say, and the requests that wait for one.

    `function` names what answers inside a worker, as `module:name`. Belongs to the loop that starts it.
    """

    def __init__(self, settings: Settings, meters: Meters, function: str) -> None:
        self._settings = settings
        self._meters = meters
        self._command = [sys.executable, "-P", "-m", "api.child", function, settings.log, settings.log_level]
        self._idle: asyncio.LifoQueue[Worker] = asyncio.LifoQueue()
        self._up: set[Worker] = set()
        self._keepers: list[asyncio.Task[None]] = []
        self._taken = 0
        self._waiting = 0
        self._obstacle = "Workers are starting."
        self._changed = asyncio.Event()

    def start(self) -> None:
        """Begin to start the workers."""
        count = self._settings.worker_count
        self._keepers = [asyncio.create_task(self._keep()) for _ in range(count)]
        states = self._meters.gauges["assigner_workers"]
        states.labels("idle").set_function(lambda: len(self._up) - self.busy)
        states.labels("busy").set_function(lambda: self.busy)
        states.labels("starting").set_function(lambda: count - len(self._up))
        self._meters.gauges["assigner_workers_waited_for"].set_function(lambda: self._waiting)

    async def stop(self) -> None:
        """End every worker, whatever it does."""
        self._obstacle = "The service is stopping."
        for keeper in self._keepers:
            keeper.cancel()
        await asyncio.gather(*self._keepers, return_exceptions=True)

    @property
    def busy(self) -> int:
        """How many workers have a job."""
        return sum(worker.busy for worker in self._up)

    @property
    def obstacle(self) -> str:
        """Why no worker can take a job, in a sentence; empty when one can, or soon will."""
        return "" if self._up else self._obstacle

    async def wait_until_ready(self) -> None:
        """Return when every worker has been started once."""
        while len(self._up) < len(self._keepers):
            self._changed.clear()
            await self._changed.wait()

    @contextlib.contextmanager
    def place(self) -> Iterator[None]:
        """Hold a place among the requests that have or wait for a worker: the workers and `max_waiting` more.

        It is held from before the body is read, so that the bodies in memory are bounded too. Raises ApiError
        not_ready or overloaded.
        """
        if self.obstacle:
            raise self._rejected("not_ready", self.obstacle)
        if self._taken >= self._settings.worker_count + self._settings.max_waiting:
            raise self._rejected("overloaded", "")
        self._taken += 1
        try:
            yield
        finally:
            self._taken -= 1

    async def run(self, body: Spool, job: Job) -> Reply:
        """Have a worker answer; `body` is closed as soon as the worker has it.

        Raises ApiError answer_timeout or worker_failed. When this is cancelled, the job ends soon, with its
        worker if need be.
        """
        self._waiting += 1
        try:
            worker = await self._next_idle()
        finally:
            self._waiting -= 1
        with Spool() as answer:
            working = worker.ask(body, answer, job)
            body.close()
            working.add_done_callback(lambda _: self._settle(worker, working))
            outcome = await self._outcome(worker, working)
            return Reply(
                status=outcome.status,
                body=answer.view(),
                media_type=outcome.media_type,
                facts=outcome.facts,
            )

    async def _next_idle(self) -> Worker:
        """Wait for a worker; those that ended while idle are passed over. Raises ApiError overloaded."""
        try:
            async with asyncio.timeout(self._settings.answer_timeout_s):
                while not (worker := await self._idle.get()).alive:
                    pass
                return worker
        except TimeoutError:
            raise self._rejected("overloaded", "") from None

    async def _outcome(self, worker: Worker, working: asyncio.Future[bytes]) -> frames.Outcome:
        try:
            done, _ = await asyncio.wait({working}, timeout=self._settings.answer_timeout_s)
        except asyncio.CancelledError:
            asyncio.get_running_loop().call_later(GRACE_S, _abandon, worker, working)
            raise
        if not done:
            worker.kill("timed_out")
            raise ApiError("answer_timeout")
        try:
            return frames.unpack(working.result(), frames.Outcome)
        except WorkerGoneError:
            raise ApiError("worker_failed") from None

    def _settle(self, worker: Worker, working: asyncio.Future[bytes]) -> None:
        """Called when a job has ended: the worker is idle again, too large, or gone."""
        if working.exception() is not None:
            return
        outcome = frames.unpack(working.result(), frames.Outcome)
        if outcome.resident_bytes > self._settings.worker_memory_mib * _MIB:
            worker.kill("memory")
        else:
            self._idle.put_nowait(worker)

    async def _keep(self) -> None:
        """Keep one place filled: one worker after the other, with growing pauses while they fail at start."""
        delay = _FIRST_DELAY_S
        while True:
            failure = await self._one_life()
            if not failure:
                delay = _FIRST_DELAY_S
                continue
            self._obstacle = f"Workers fail at start ({failure}); the log says why."
            _logger.error(
                "A worker failed at start", extra={"fields": {"failure": failure, "next_try_s": delay}}
            )
            await asyncio.sleep(delay)
            delay = min(2 * delay, _LONGEST_DELAY_S)

    async def _one_life(self) -> str:
        """One worker from start to end. Returns why it never was ready; empty when it was."""
        try:
            worker = await Worker.start(self._command)
        except OSError as error:
            return str(error)
        try:
            served = await self._in_service(worker)
        finally:
            status = await worker.end()
        if not served:
            return f"exit status {status}"
        reason = worker.reason or "crashed"
        self._meters.counters["assigner_worker_replacements_total"].labels(reason).inc()
        _logger.warning("A worker is replaced", extra={"fields": {"reason": reason, "exit_status": status}})
        return ""

    async def _in_service(self, worker: Worker) -> bool:
        """Give a worker jobs until it ends; false when it never was ready."""
        try:
            async with asyncio.timeout(self._settings.answer_timeout_s):
                await worker.ready
        except (WorkerGoneError, TimeoutError):
            return False
        self._obstacle = ""
        self._up.add(worker)
        self._changed.set()
        self._idle.put_nowait(worker)
        try:
            await worker.ended.wait()
        finally:
            self._up.discard(worker)
        return True

    def _rejected(self, code: str, detail: str) -> ApiError:
        self._meters.counters["assigner_rejected_total"].labels(code).inc()
        return ApiError(code, detail, headers=_RETRY_AFTER)


def _abandon(worker: Worker, working: asyncio.Future[bytes]) -> None:
    """End a worker that still works on a job nobody waits for."""
    if not working.done():
        worker.kill("disconnected")
