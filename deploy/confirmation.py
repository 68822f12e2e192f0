"""What a command asks on the terminal before it changes a stage outside local."""

import os
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from deploy.apps import App
from deploy.errors import DeployError, NotConfirmed
from deploy.inventory.stacks import Stack
from deploy.progress import Progress, out
from deploy.target import Target


def announce(target: Target, apps: list[App], action: str, *, yes: bool) -> None:
    """Outside local, print what a command does and where.

    Raises
    ------
    DeployError
        There is no terminal to ask on, and no `yes`.
    """
    if target.is_local:
        return
    names = ", ".join(app.key for app in apps)
    out.print(f"{action} {names}: account {target.account()}, region {target.region}, stage {target.stage}")
    if endpoint := os.environ.get("AWS_ENDPOINT_URL"):
        out.print(f"endpoint {endpoint} (AWS_ENDPOINT_URL)")
    if not yes and not sys.stdin.isatty():
        raise DeployError("not confirmed: there is no terminal to ask on; give --yes")


def confirm(target: Target, apps: list[App], action: str, *, yes: bool) -> None:
    """Outside local, print what a command does and where, and ask for the stage's name unless `yes`."""
    announce(target, apps, action, yes=yes)
    if not yes and not target.is_local:
        _require(Progress(""), "Type the stage's name to go on: ", {target.stage})


@dataclass
class Confirmation:
    """Asks during a deployment, when its changes are known. In stage local and with `--yes` it is silent."""

    is_silent: bool = True
    # The keys of apps for which the stage's name was typed.
    _confirmed: set[str] = field(default_factory=set)

    def require(self, stack: Stack, changes: Sequence[dict[str, Any]], progress: Progress) -> None:
        """Ask once for each app, and again by name for what a change set replaces or deletes.

        Raises
        ------
        NotConfirmed
            The answer was another one.
        """
        if self.is_silent:
            return
        if stack.app.key not in self._confirmed:
            extent = "" if changes else ", without changes of resources"
            _require(progress, f"Type the stage's name to deploy {stack.app.key}{extent}: ", {stack.target.stage})
            self._confirmed.add(stack.app.key)
        if losses := dict(_losses(changes)):
            for name, loss in losses.items():
                out.print(f"{name} {loss}", style="red", markup=False)
            _require(progress, "Type the names of what is replaced or deleted, with spaces between them: ", set(losses))

    def require_deletion(self, stack: Stack, status: str, progress: Progress) -> None:
        """Ask before a stack is deleted because its creation has failed; raises NotConfirmed."""
        if not self.is_silent:
            out.print(f"the stack {stack.name} is {status}: it is deleted and created anew", style="red", markup=False)
            _require(progress, "Type the stack's name to go on: ", {stack.name})


def _require(progress: Progress, question: str, words: set[str]) -> None:
    try:
        answer = progress.ask(question)
    except EOFError:
        answer = ""
    if set(answer.replace(",", " ").split()) != words:
        raise NotConfirmed("not confirmed: the changes were not made")


def _losses(changes: Sequence[dict[str, Any]]) -> Iterator[tuple[str, str]]:
    """The resources that a change set replaces or deletes by name, and what becomes of each.

    https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_ResourceChange.html
    """
    for change in changes:
        kind, policy = change["ResourceType"], change.get("PolicyAction", "")
        replacement = {"True": "is replaced", "Conditional": "may be replaced"}.get(change.get("Replacement", ""))
        what = "is deleted" if change["Action"] == "Remove" else replacement
        if what:
            kept = "; the old one is kept outside the stack" if policy.endswith("Retain") else ""
            yield change["LogicalResourceId"], f"({kind}) {what}{kept}"
