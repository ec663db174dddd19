"""The command line: `assigner serve`, `assign`, `sample` and `version`."""

from assigner.cli.commands import app


def main() -> None:
    """Run the command that the command line names."""
    app()
