"""Configures the server's log: all records go to a file, warnings and errors also to stderr."""

import logging
import sys
from logging.handlers import RotatingFileHandler
from pathlib import Path

_MEGABYTE = 1024 * 1024


class _OneLine(logging.Formatter):
    """Formats a record as one line. The traceback is in the file."""

    def __init__(self, log_file: Path) -> None:
        super().__init__("%(levelname)s %(name)s: %(message)s")
        self._log_file = log_file

    def format(self, record: logging.LogRecord) -> str:
        line = self.formatMessage(self._with_message(record))
        return f"{line} (see {self._log_file})" if record.exc_info else line

    @staticmethod
    def _with_message(record: logging.LogRecord) -> logging.LogRecord:
        record.message = record.getMessage()
        return record


def configure(folder: Path) -> Path:
    """Send this process's log to `folder`/server.log, which rotates; returns that file.

    Call this before MiniStack is imported, which then leaves logging unchanged.
    """
    folder.mkdir(parents=True, exist_ok=True)
    log_file = folder / "server.log"
    everything = RotatingFileHandler(log_file, maxBytes=5 * _MEGABYTE, backupCount=3, encoding="utf-8")
    everything.setFormatter(logging.Formatter("%(asctime)s %(levelname)s [%(name)s] %(message)s"))
    problems = logging.StreamHandler(sys.stderr)
    problems.setLevel(logging.WARNING)
    problems.setFormatter(_OneLine(log_file))
    logging.basicConfig(level=logging.INFO, handlers=[everything, problems], force=True)
    logging.captureWarnings(True)
    return log_file
