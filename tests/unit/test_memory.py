"""Memory of a process that runs for long."""

import subprocess
import sys

import pytest

FAULTS = """
import resource
from assigner.memory import keep_freed
{first}
def faults():
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt
def decide():
    return len([bytearray(b"1") * 2_000_000 for _ in range(8)])
decide()
before = faults()
for _ in range(20):
    decide()
print(faults() - before)
"""
PAGES = 20 * 8 * 2_000_000 // 4_096


def _faults(first: str) -> int:
    """How many pages the system had to clear for tables that are made and freed in turn."""
    said = subprocess.run([sys.executable, "-c", FAULTS.format(first=first)], capture_output=True, check=True)
    return int(said.stdout)


@pytest.mark.skipif(sys.platform != "linux", reason="glibc alone gives pieces back and learns not to")
def test_what_is_freed_is_there_for_what_is_made_next() -> None:
    """Without it the system clears all pages of a table again each time."""
    assert _faults("keep_freed()") < PAGES // 20 <= PAGES // 2 < _faults("")
