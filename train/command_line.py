"""What the commands of training share: quiet libraries, progress in the log, and one line where something is wrong."""

from __future__ import annotations

import logging
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import typer

from casualties.extractor import ModelError


@contextmanager
def command_line() -> Iterator[None]:
    """Log what happens, and end with exit code 1 and one line on what a person can mend."""
    if "transformers" in sys.modules:  # it takes memory, which scripts/benchmark.py would measure with a model's
        import transformers

        transformers.logging.set_verbosity_error()
        transformers.logging.disable_progress_bar()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s", datefmt="%H:%M:%S")
    logging.getLogger("httpx").setLevel(logging.WARNING)
    try:
        yield
    except (OSError, ValueError, ModelError) as error:
        typer.echo(f"{type(error).__name__}: {error}", err=True)
        raise typer.Exit(1) from error
