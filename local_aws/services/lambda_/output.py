"""What a function writes, cut into log events and attributed to the invocation that wrote it."""

import json
from dataclasses import dataclass, field


@dataclass
class Output:
    """The stream of one execution environment, with the markers that its bootstrap writes into it.

    A line is an event; a marked text (one logging record, one traceback) is one event whatever lines it has. Events
    between an end marker and the next invocation belong to none: output of the initialisation, or of a thread that
    outlived its invocation and ran on for the moment until it was frozen.
    """

    token: str
    before: list[str] = field(default_factory=list)
    during: list[str] = field(default_factory=list)
    ended: bool = False
    _started: bool = False
    _rest: bytes = b""

    def feed(self, data: bytes) -> None:
        """Take more of the stream."""
        *lines, self._rest = (self._rest + data).split(b"\n")
        for line in lines:
            self._line(line.decode("utf-8", "replace"))

    def begin(self) -> None:
        """An invocation begins: what comes from now on belongs to it."""
        self._started = True

    def taken(self) -> tuple[list[str], list[str]]:
        """Events before and during the invocation that ended; what comes next is before the next one."""
        if self._rest:
            self.feed(b"\n")
        events = self.before, self.during
        self.before, self.during = [], []
        self.ended = self._started = False
        return events

    def _line(self, line: str) -> None:
        text, mark, value = line.partition(f"\x1e{self.token} ")
        if text or not mark:
            self._event(text)
        if mark:
            self._marker(json.loads(value))

    def _marker(self, marker: dict[str, str | bool]) -> None:
        if "end" in marker:
            self.ended, self._started = True, False
        else:
            self._event(str(marker["text"]))

    def _event(self, text: str) -> None:
        # While an answer is under way, the environment has ended but is not frozen yet: such output comes too late.
        (self.during if self._started else self.before).append(text)
