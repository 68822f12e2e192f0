"""Runs work in a copy of this process, so that the memory that it takes ends with it.

A deployment takes 50 MB for packages and models of services. Python does not give them back, and `make run` goes on for
hours after it.
"""

import contextlib
import os
import pickle
import select
import signal
import sys
import traceback
import warnings
from collections.abc import Callable
from typing import NoReturn, TypeVar, cast

from botocore.exceptions import BotoCoreError, ClientError

from deploy.errors import CommandFailed, DeployError, unusable_file
from deploy.local.embedded_aws import end_with_parent

_LONGEST_WAIT_SECONDS = 0.5
Result = TypeVar("Result")


def run_apart(work: Callable[[], Result]) -> Result:
    """Run work in a child process and wait for it; returns its result. Its changes of objects are not seen here.

    Raises
    ------
    DeployError
        The work has raised it, or has failed in another way.
    KeyboardInterrupt
        This process or the child was told to end. The child has ended.
    """
    reader, writer = os.pipe()
    pid = fork()
    if not pid:
        _work_and_end(work, writer)
    status = None
    try:
        os.close(writer)
        with os.fdopen(reader, "rb") as pipe:
            # The handler of a signal that comes just before a wait runs only when the wait is over.
            while not select.select([pipe], (), (), _LONGEST_WAIT_SECONDS)[0]:
                pass
            outcome = pipe.read()
        status = os.waitpid(pid, 0)[1]
    finally:
        if status is None:
            end(pid)
    if status or not outcome:
        raise CommandFailed(f"the deployment ended with status {os.waitstatus_to_exitcode(status)}")
    failure, result = pickle.loads(outcome)  # noqa: S301 - from our own copy
    if failure:
        raise failure
    return cast(Result, result)


def _work_and_end(work: Callable[[], object], pipe: int) -> NoReturn:
    """Run work in the child. It ends with its parent, and not as the parent does."""
    result: object = None
    failure: BaseException | None = None
    try:
        end_with_parent(signal.SIGKILL)
        result = work()
    except (DeployError, KeyboardInterrupt) as error:
        failure = error
    except (ClientError, BotoCoreError) as error:
        failure = CommandFailed(f"AWS: {error}")
    except BaseException as error:
        failure = CommandFailed(_reason(error))
    sys.stdout.flush()
    with contextlib.suppress(BrokenPipeError):
        os.write(pipe, pickle.dumps((failure, result)))
    os._exit(0)


def _reason(error: BaseException) -> str:
    """Say why the deployment failed; an error that is not expected is printed with its traceback."""
    if isinstance(error, OSError) and error.filename is not None:
        return unusable_file(error)
    traceback.print_exception(error)
    return "the deployment failed with the error above"


def fork() -> int:
    """Make a copy of this process; returns its id, and 0 in the copy."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # 3.12: "multi-threaded, use of fork()"
        sys.stdout.flush()
        return os.fork()


def end(pid: int) -> None:
    """End a copy of this process, and wait for its end."""
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, signal.SIGTERM)
    os.waitpid(pid, 0)
