"""What goes wrong, told in one clear message on stderr, and the exit code for it: never a traceback."""

from __future__ import annotations

import os
import signal
import sys
import traceback
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from types import FrameType

from tenure.errors import DefinitionError, ImportStopped, StoreError, TenureError
from tenure.wording import clean

FAILED = 1
INTERRUPTED = 130
DEBUG = "TENURE_DEBUG"
REPORT_TO = "the issues of the Tenure project"
KEPT = "Stopped. What was committed before is kept, and nothing is half-written."

_interrupts: list[int] = []


@contextmanager
def reported() -> Iterator[None]:
    """Nothing; whatever is raised inside becomes a message and an exit code."""
    _listen()
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            # a terminal that cannot show a character shows a question mark
            stream.reconfigure(errors="replace")
    try:
        with told():
            yield
    except SystemExit as leaving:
        _leave(leaving.code)
    except KeyboardInterrupt:
        say(KEPT)
        _leave(INTERRUPTED)
    except BrokenPipeError:
        _leave(_reader_left())
    except Exception as error:
        _leave(_unexpected(error))


@contextmanager
def told() -> Iterator[None]:
    """Nothing; the errors of Tenure, Ctrl-C and a reader that left end the command with a message and its code."""
    try:
        yield
    except ImportStopped as error:
        say(str(error))
        sys.exit(INTERRUPTED)
    except TenureError as error:
        if _interrupts and type(error) is StoreError:
            # what the engine says of a call that Ctrl-C cut short
            say(KEPT)
            sys.exit(INTERRUPTED)
        say(message(error), label="Error")
        sys.exit(error.exit_code)
    except KeyboardInterrupt:
        say(KEPT)
        sys.exit(INTERRUPTED)
    except BrokenPipeError:
        sys.exit(_reader_left())
    except OSError as error:
        what = f"{error.filename}: " if error.filename else ""
        say(f"The system refused: {what}{(error.strerror or str(error)).lower()}.", label="Error")
        sys.exit(FAILED)
    except RuntimeError:
        # the engine turns Ctrl-C into an error of its own
        if not _interrupts:
            raise
        say(KEPT)
        sys.exit(INTERRUPTED)


def message(error: TenureError) -> str:
    """The error as it is shown: what happened, then what to do, each on its own line."""
    if isinstance(error, DefinitionError):
        count = len(error.problems)
        head = f"{count} problem{'s' if count != 1 else ''} in the workspace's files."
        return "\n".join([head, *(f"  {line}" for line in str(error).splitlines())])
    if type(error).__str__ is not TenureError.__str__:
        return str(error)
    return f"{error.message}\n{error.hint}".rstrip()


def say(text: str, *, label: str = "") -> None:
    """Nothing; a message on stderr, its label in colour where that is a terminal."""
    text = "\n".join(map(clean, text.split("\n")))
    if label:
        colour = sys.stderr.isatty() and "NO_COLOR" not in os.environ
        text = (f"\x1b[1;31m{label}:\x1b[0m " if colour else f"{label}: ") + text
    with suppress(OSError, ValueError):
        sys.stdout.flush()
    with suppress(OSError):
        print(text, file=sys.stderr, flush=True)


def _listen() -> None:
    def heard(number: int, frame: FrameType | None) -> None:
        _interrupts.append(number)
        raise KeyboardInterrupt

    with suppress(ValueError):
        signal.signal(signal.SIGINT, heard)


def _leave(code: object) -> None:
    """Ends the process with the code, after what is left is written: later, a reader that left would be an error."""
    try:
        sys.stdout.flush()
    except BrokenPipeError:
        _reader_left()
    if code not in (0, None) and _interrupts:
        # work that was cut short leaves references behind, of which the engine would complain at length
        sys.stderr.flush()
        os._exit(code if isinstance(code, int) else FAILED)
    sys.exit(code if isinstance(code, int) else 0 if code is None else FAILED)


def _reader_left() -> int:
    """The exit code where the reader of our output has seen enough (`| head`)."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    with suppress(OSError, ValueError):
        os.dup2(nowhere, sys.stdout.fileno())
    return 0


def _unexpected(error: Exception) -> int:
    if os.environ.get(DEBUG):
        traceback.print_exc()
    say(f"{type(error).__name__}: {str(error).strip() or 'no message'}", label="Unexpected error")
    if not os.environ.get(DEBUG):
        say(f"This is a fault of Tenure's. Please report it to {REPORT_TO}, with what {DEBUG}=1 shows besides.")
    return FAILED
