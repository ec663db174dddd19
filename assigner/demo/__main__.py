"""`python -m assigner.demo`."""

import typer

from assigner.demo.command import demo

typer.run(demo)
