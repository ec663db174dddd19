"""The texts of the scripts: what a verb's own file says, after what it needs of the others."""

from __future__ import annotations

from functools import cache
from importlib.resources import files

from assigner.domain.lifecycle import TRANSITIONS

ALONE = ("take_lease", "keep_lease", "drop_lease", "learn", "page")
"""The scripts that are no verbs, and need no prelude."""
STEPS = tuple(verb for verb in TRANSITIONS if verb != "offer")
"""The verbs of which the steps of an override are."""
_STEPWISE = ("staging", "record", "telling", "overlay", *STEPS, "theirs", "steps")
NEEDS = {
    "offer": ("standing",),
    "adjust": ("overlay",),
    "make_override": (*_STEPWISE, "losing"),
    "end_override": _STEPWISE,
}
"""What comes before a script's own file, besides the prelude."""
_PARTS = {"prelude", "standing", "staging", "record", "telling", "overlay", "theirs", "steps", "losing"}


@cache
def script(name: str) -> str:
    """The text of a script."""
    if name in ALONE:
        return _text(name)
    text = "".join(map(_text, ("prelude", *NEEDS.get(name, ()), name)))
    # The file of a verb on a task makes a function, which is called here for each command.
    return text + f"\nreturn each(verbs.{name}, rules.row)\n" if name in TRANSITIONS else text


def _text(name: str) -> str:
    return (files("assigner.store") / "lua" / f"{name}.lua").read_text(encoding="utf-8")


@cache
def every_script() -> tuple[str, ...]:
    """The names of all scripts."""
    found = (file.name for file in (files("assigner.store") / "lua").iterdir())
    return tuple(sorted({name.removesuffix(".lua") for name in found} - _PARTS))
