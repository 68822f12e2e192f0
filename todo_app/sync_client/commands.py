"""What the task `device` does: one device of a user at a terminal."""

import re
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from common.values import new_id
from sync_client.api import Api, InvalidAnswer, RequestRefused, Unreachable
from sync_client.copy import Change, Copy, Refused, Todo
from sync_client.device import Device, NoSuchTodo
from sync_client.sign_in import Session, SignedOut, SignIn
from sync_client.storage import Damaged, InUse, JsonFile, only_user

ACTIONS = ("sign-in", "list", "add", "done", "change", "delete", "sync", "dismiss")
FAULTS = (Damaged, InUse, InvalidAnswer, NoSuchTodo, RequestRefused, SignedOut, Unreachable)
_NAME = re.compile(r"[a-z0-9-]{1,32}")


class Terminal:
    """One device, by name; its files are in `folder`. `api(id_token)` makes the API's client."""

    def __init__(
        self, folder: Path, name: str, *, sign_in: SignIn, api: Callable[[Callable[[bool], str]], Api]
    ) -> None:
        if not _NAME.fullmatch(name):
            raise ValueError(f"a device's name has 1 to 32 of a-z, 0-9 and -, which {name!r} has not")
        self._file = folder / f"{name}.json"
        self._session_file = JsonFile(folder / f"{name}.session.json", Session)
        self._sign_in = sign_in
        self._api = api
        self._id_token = ""

    def run(self, action: str, text: str, title: str, password: str) -> str:
        """Do what a user types, and return what they see.

        Raises
        ------
        ValueError
            The action is unknown, or cannot be done; the message says why.
        """
        action = action.replace("_", "-")
        if action not in ACTIONS:
            raise ValueError(f"a device can {', '.join(ACTIONS)}; not {action!r}")
        try:
            with only_user(self._file.with_suffix(".lock")):
                self._device = Device(JsonFile(self._file, Copy), lambda: new_id(datetime.now(UTC)))
                return self._run(action, text, title, password)
        except FAULTS as error:
            raise ValueError(str(error)) from error

    def _run(self, action: str, text: str, title: str, password: str) -> str:
        if action == "sign-in":
            return self._signed_in(text, password)
        if action == "sync":
            self._device.sync(self._api(self._token))
        elif action == "add":
            self._device.add(title=text)
        elif action == "dismiss":
            self._device.dismiss(self._device.refused())
        elif action != "list":
            self._change(action, self._numbered(text), title)
        refused = [*map(_told, self._device.refused())]
        if refused:
            refused.append("these changes stay on this device until `dismiss`")
        return "\n".join([*refused, *table(self._device.todos(), self._device.waiting())])

    def _signed_in(self, username: str, password: str) -> str:
        before = self._session_file.load()
        if before and before.username != username and self._device.waiting():
            raise SignedOut(f"changes of {before.username} wait for `sync`: take another name for the device")
        session = self._sign_in.session(username, password)
        if before and before.username != username:
            self._device.start_anew()
        self._session_file.save(session)
        return f"signed in as {username}; `sync` fetches the list"

    def _change(self, action: str, todo_id: str, title: str) -> None:
        if action == "delete":
            self._device.delete(todo_id)
        elif action == "done":
            self._device.change(todo_id, completed=True)
        elif title:
            self._device.change(todo_id, title=title)
        else:
            raise NoSuchTodo("what is to be changed? `change NUMBER --title TITLE`")

    def _numbered(self, number: str) -> str:
        """Return the id of the to-do with this number in the printed list."""
        todo_ids = list(self._device.todos())
        if not (number.isascii() and number.isdigit()) or not 0 < int(number) <= len(todo_ids):
            raise NoSuchTodo(f"the list has no number {number!r}; `list` prints them")
        return todo_ids[int(number) - 1]

    def _token(self, renew: bool) -> str:
        if renew or not self._id_token:
            session = self._session_file.load()
            if session is None:
                raise SignedOut("sign in first: `sign-in USER --password PASSWORD`")
            self._id_token = self._sign_in.id_token(session)
        return self._id_token


def table(todos: dict[str, Todo], waiting: int) -> list[str]:
    """Return the list as lines, and how many changes are not sent."""
    lines = [
        f"{number:>3}  [{'x' if todo['completed'] else ' '}] {todo['title']}"
        for number, todo in enumerate(todos.values(), 1)
    ]
    plural = "change waits" if waiting == 1 else "changes wait"
    return [*(lines or ["  the list is empty"]), *([f"     {waiting} {plural} for `sync`"] if waiting else [])]


def _told(refused: Refused) -> str:
    return f"not applied: {_described(refused.change)}: {refused.reason}"


def _described(change: Change) -> str:
    fields = ", ".join(f"{name} = {value!r}" for name, value in (change.todo or {}).items())
    return f"{change.op} {fields}".strip()


def api_at(url: str, http: Any) -> Callable[[Callable[[bool], str]], Api]:
    """Return what makes a client of the API at an app's address."""
    return lambda id_token: Api(f"{url.rstrip('/')}/api", http, id_token, time.sleep)
