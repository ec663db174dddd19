"""What can go wrong in deciding, each with the code that callers see.

AssignerError
├── TooManyArcs      more eligible (group, agent) arcs than the service accepts
└── TooManyPairs     more eligible pairs than an answer lists
"""

from __future__ import annotations


class AssignerError(Exception):
    """An error with a stable `code` and a sentence that says what to do."""

    code: str

    def __init__(self, detail: str) -> None:
        super().__init__(detail)
        self.detail = detail


class TooManyArcs(AssignerError):
    """The snapshot has more eligible (group, agent) arcs than the bound."""

    code = "too_many_arcs"


class TooManyPairs(AssignerError):
    """`explain: pairs` would list more pairs than the bound."""

    code = "too_many_pairs"
