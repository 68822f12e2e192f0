"""Structured logs: one JSON object a line, without secrets in it."""

import logging
import re
import sys
import time

import msgspec

# Tokens, mail addresses and signed URLs are cut out of everything that is logged, exceptions' texts included.
_SECRETS = re.compile(
    r"eyJ[\w-]+\.[\w-]+(?:\.[\w-]*)*"
    r"|[\w.+%-]+@[\w-]+(?:\.[\w-]+)*"
    r"|(?<=[?&])(?:X-Amz-[\w-]+|Signature|Policy|Key-Pair-Id|AWSAccessKeyId|cursor)=[^\s&\"'<>]*",
    re.IGNORECASE,
)
_PLAIN = frozenset(logging.makeLogRecord({}).__dict__)
_encoder = msgspec.json.Encoder(enc_hook=str)


def redacted(text: str) -> str:
    """Cut tokens, mail addresses and the signed part of URLs out of a text."""
    return _SECRETS.sub("[redacted]", text)


class JsonLines(logging.Formatter):
    """Formats a record and its `extra` fields as one line of JSON."""

    def format(self, record: logging.LogRecord) -> str:
        """Put the record's own fields first, then `extra`, then a traceback if there is one."""
        line = {
            "time": time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(record.created)) + f".{int(record.msecs):03d}Z",
            "level": record.levelname,
            "message": record.getMessage(),
        }
        line.update({name: value for name, value in record.__dict__.items() if name not in _PLAIN})
        if record.exc_info:
            line["exception"] = self.formatException(record.exc_info)
        return redacted(_encoder.encode(line).decode())


def logger(name: str) -> logging.Logger:
    """Make a logger that writes JSON lines to standard output, where Lambda collects them."""
    made = logging.getLogger(name)
    if not made.handlers:
        handler = logging.StreamHandler(sys.stdout)
        handler.setFormatter(JsonLines())
        made.addHandler(handler)
        made.setLevel(logging.INFO)
        # Lambda's own root handler would write every line a second time, unformatted.
        made.propagate = False
    return made
