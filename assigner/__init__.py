"""Skills-based assignment of a back office's tasks: the right task to the right agent at the right time."""

from typing import Final

__version__: Final = "0.1.0"
