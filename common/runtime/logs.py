"""Structured logs: a JSON object on each line, without secrets."""

import logging
import re
import sys
import time

import msgspec

# Tokens, keys and signatures of a payment provider, mail addresses and signatures in URLs are removed from everything
# that is logged, including tracebacks. Of CloudFront's signed cookies, in a header or an object, only the values are:
# the line stays an object.
_SECRETS = re.compile(
    r"eyJ[\w-]+\.[\w-]+(?:\.[\w-]*)*"
    r"|\b(?:[rs]k_(?:live|test)|whsec)_[\w+/=-]+|\bv1=[0-9a-f]{64}"
    r"|[\w.+%-]+@[\w-]+(?:\.[\w-]+)*"
    r"|(?<=[?&])(?:X-Amz-[\w-]+|Signature|Policy|Key-Pair-Id|AWSAccessKeyId|cursor)=[^\s&\"'<>]*"
    r"|(CloudFront-(?:Signature|Policy|Key-Pair-Id)[\\\"']*\s*[:=]\s*[\\\"']*)[\w~-]+",
    re.IGNORECASE,
)
_PLAIN = frozenset(logging.makeLogRecord({}).__dict__)
_encoder = msgspec.json.Encoder(enc_hook=str)


def redacted(text: str) -> str:
    """Remove tokens, mail addresses and signatures in URLs from a text."""
    return _SECRETS.sub(lambda secret: f"{secret[1] or ''}[redacted]", text)


class JsonLines(logging.Formatter):
    """Formats a record with its `extra` fields as a line of JSON."""

    def format(self, record: logging.LogRecord) -> str:
        """Write the record's own fields first, then `extra`, then the traceback if there is one."""
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
    """Return a logger that writes lines of JSON to standard output, which Lambda sends to CloudWatch Logs."""
    made = logging.getLogger(name)
    if not made.handlers:
        handler = logging.StreamHandler(sys.stdout)
        handler.setFormatter(JsonLines())
        made.addHandler(handler)
        made.setLevel(logging.INFO)
        # Lambda's own handler of the root logger would write every line a second time.
        made.propagate = False
    return made
