"""Where the data to measure with is."""

import os
from pathlib import Path

VARIABLE = "YARDSTICKS"


def yardsticks() -> Path:
    """The folder: `$YARDSTICKS`, or beside the project."""
    return Path(os.environ.get(VARIABLE) or Path(__file__).parents[3] / "shared" / "yardsticks")
