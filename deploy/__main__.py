"""`python -m deploy`."""

import os
import sys


def _ensure_utf8() -> None:
    """Start again in Python's UTF-8 mode if the locale has another encoding: all files of the project are UTF-8.

    What is printed keeps the locale's encoding. Child processes inherit both.
    """
    if sys.flags.utf8_mode or sys.getfilesystemencoding() == "utf-8":
        return
    os.environ["PYTHONUTF8"] = "1"
    os.environ.setdefault("PYTHONIOENCODING", f"{sys.stdout.encoding}:replace")
    os.execv(sys.executable, [sys.executable, "-m", "deploy", *sys.argv[1:]])  # noqa: S606 - this program


if __name__ == "__main__":
    _ensure_utf8()
    from deploy.cli import main

    raise SystemExit(main())
