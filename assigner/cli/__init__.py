"""The command line: `assigner serve`, `assign`, `apply`, `export`, `sample` and the others."""

from assigner.cli.commands import app


def main() -> None:
    """Run the command that the command line names."""
    app()
