"""Splits a function's output into log events, and assigns them to invocations."""

import json
from dataclasses import dataclass, field


@dataclass
class Output:
    """The output of one execution environment, with the markers that its bootstrap writes into it.

    A line is an event. A marked text (a logging record, a traceback) is one event with all its lines. Events between an
    end marker and the next invocation belong to no invocation: the init phase wrote them, or a thread that ran on after
    its invocation until the environment was frozen.
    """

    token: str
    before: list[str] = field(default_factory=list)
    during: list[str] = field(default_factory=list)
    has_ended: bool = False
    _started: bool = False
    _incomplete_line: bytes = b""

    def feed(self, data: bytes) -> None:
        """Read more of the output."""
        *lines, self._incomplete_line = (self._incomplete_line + data).split(b"\n")
        for line in lines:
            self._line(line.decode("utf-8", "replace"))

    def begin(self) -> None:
        """Begin an invocation. Output from now on belongs to it."""
        self._started = True

    def take(self) -> tuple[list[str], list[str]]:
        """Take the events before and during the invocation that ended."""
        if self._incomplete_line:
            self.feed(b"\n")
        events = self.before, self.during
        self.before, self.during = [], []
        self.has_ended = self._started = False
        return events

    def _line(self, line: str) -> None:
        text, mark, value = line.partition(f"\x1e{self.token} ")
        if text or not mark:
            self._event(text)
        if mark:
            self._marker(json.loads(value))

    def _marker(self, marker: dict[str, str | bool]) -> None:
        if "end" in marker:
            self.has_ended, self._started = True, False
        else:
            self._event(str(marker["text"]))

    def _event(self, text: str) -> None:
        # Output between the end marker and the freeze comes too late for the invocation.
        (self.during if self._started else self.before).append(text)
