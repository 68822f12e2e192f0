"""The commands of a documentation page as one program of bash, for a stage of the tests."""

import re
from dataclasses import dataclass
from pathlib import Path

# A block that has this comment above it is not run.
_BLOCK = re.compile(r"(?:<!-- not run: (?P<reason>[^>]+) -->\n+)?```sh\n(?P<code>.*?)```", re.DOTALL)
_EXPECTED = re.compile(r"(?P<command>.*\S) +# (?P<status>[45]\d\d)$")
_PORT = re.compile(r"\b(localhost|127\.0\.0\.1):8(0|4)(\d\d)\b")
# An answer of 400 or more is a failure, unless the line ends with a comment that says so, as in `curl ... # 403`.
_PRELUDE = r"""
set -euo pipefail
expected=
curl() {
  local headers code status=0
  headers=$(mktemp)
  command curl -D "$headers" "$@" || status=$?
  code=$(awk '/^HTTP/ { code = $2 } END { print code + 0 }' "$headers")
  if [ "$status" -ne 0 ] || { [ "$code" -ge 400 ] && [ "$code" != "$expected" ]; }; then
    printf 'curl ended with %s, HTTP %s: %s\n' "$status" "$code" "$*" >> "$FAILURES"
  fi
  return "$status"
}
trap 'printf "line failed: %s\n" "$BASH_COMMAND" >> "$FAILURES"' ERR
"""


@dataclass(frozen=True)
class Block:
    """One block of shell commands; `reason` says why it is not run."""

    code: str
    reason: str = ""


def blocks(page: Path) -> list[Block]:
    """The page's blocks, in order."""
    return [Block(match["code"], match["reason"] or "") for match in _BLOCK.finditer(page.read_text())]


def program(page: Path, port: int) -> str:
    """Every block that is run, one after another, against the stage at `port`."""
    lines = [line for block in blocks(page) if not block.reason for line in block.code.splitlines()]
    return _PRELUDE + "\n".join(_with_status(_at(port, line)) for line in lines)


def _at(port: int, line: str) -> str:
    """A line with the stage's ports in place of those of `make run`."""

    def moved(match: re.Match[str]) -> str:
        https = 400 if match[2] == "4" else 0
        return f"{match[1]}:{port + https + int(match[3])}"

    return _PORT.sub(moved, line)


def _with_status(line: str) -> str:
    match = _EXPECTED.fullmatch(line)
    return f"expected={match['status']}; {match['command']}; expected=" if match else line
