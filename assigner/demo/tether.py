"""`assigner` as the demo starts it: it ends with the demo, even when the demo is killed."""

import os
import signal
from threading import Thread

from assigner.cli import main


def _end_with_the_demo() -> None:
    """The demo holds the other end of stdin, and never writes: when it is gone, there is nothing to read."""
    while os.read(0, 1):
        pass
    os.kill(os.getpid(), signal.SIGTERM)


if __name__ == "__main__":
    Thread(target=_end_with_the_demo, daemon=True).start()
    main()
