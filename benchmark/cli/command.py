"""Entry point of every command: error messages and exit codes."""

import errno
import signal
import sys
import traceback
from collections.abc import Callable
from typing import NoReturn

from benchmark.core.errors import BAD_INPUT, DONE, INTERRUPTED, SOME_FAILED, BenchmarkError, RunError
from benchmark.core.interrupts import catch_interrupts, check_interrupt, forget_interrupt, is_interrupted
from benchmark.core.streams import discard, print_error
from tracking import StoreError, remove_left_over

FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


def run_command(main: Callable[[], int]) -> NoReturn:
    """Runs `main` and exits with its code; errors raised on purpose become one message and no traceback.

    0 all done, 1 some runs failed, 2 usage or bad input, 130 interrupted, by Ctrl-C or SIGTERM. Any other exception is
    a bug, and its traceback is printed. What killed processes left in temporary folders is removed first.
    """
    catch_interrupts(signal.SIGINT, signal.SIGTERM)
    code = DONE
    try:
        remove_left_over()
        code = main()
        check_interrupt()
        sys.stdout.flush()
    except BaseException as error:
        code = _explained(error, code)
    finally:
        forget_interrupt()
    sys.exit(code)


def _explained(error: BaseException, code: int) -> int:
    """Prints the message of an error, or the traceback of one that is a bug; returns the exit code.

    `code` is that of the work, which stays where nobody reads the output.
    """
    if isinstance(error, KeyboardInterrupt) or is_interrupted():
        return _say("Interrupted. Finished runs are kept; the same command continues from there.", INTERRUPTED)
    if isinstance(error, RunError):
        return _say(str(error), SOME_FAILED)
    if isinstance(error, BenchmarkError | StoreError):
        return _say(str(error), BAD_INPUT)
    if isinstance(error, BrokenPipeError):
        discard(sys.stdout)
        return code
    if isinstance(error, OSError) and error.errno in FULL:
        return _say(f"{error}. Existing files are intact; free some space, and the same command continues.", BAD_INPUT)
    if not isinstance(error, Exception):  # the end of the process, as after a usage error
        raise error
    return _say("".join(traceback.format_exception(error)).rstrip(), SOME_FAILED)


def _say(message: str, code: int) -> int:
    print_error(message)
    return code
