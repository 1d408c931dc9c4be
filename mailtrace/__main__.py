"""`python -m mailtrace` is the command `mailtrace`."""

from mailtrace.cli import run

run()
