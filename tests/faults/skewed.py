"""`python -m tests.faults.skewed ROLE MS`: a process of the service with its clock off by milliseconds."""

import os
import sys

from assigner.clock import SystemClock
from assigner.config import Process, Settings
from assigner.service import serve


class Skewed(SystemClock):
    """A clock that goes as fast as the machine's, and is wrong."""

    def __init__(self, ms: int) -> None:
        self._ms = ms

    def now_ms(self) -> int:
        """What it says."""
        return super().now_ms() + self._ms


if __name__ == "__main__":
    serve(Settings.from_env(os.environ), Process(sys.argv[1]), Skewed(int(sys.argv[2])))
