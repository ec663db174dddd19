"""`python -m assigner.cli`: the same as `assigner`."""

from assigner.cli import main

main()
