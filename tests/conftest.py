"""What all tests need to be true of the process that they run in."""

import signal


def pytest_configure() -> None:
    """Tests end processes as Ctrl-C does, and what is started by them ignores it where this one does: as
    shells have it for what runs in the background.
    """
    signal.signal(signal.SIGINT, signal.default_int_handler)
