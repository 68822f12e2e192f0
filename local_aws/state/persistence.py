"""Saves and loads the state of all services, so that it survives kill -9.

On AWS acknowledged writes are durable. MiniStack writes its state on a clean stop only, one file after another, and
continues with an empty service after a failed load. Here

- a changed state is saved every few seconds by a forked child: the fork is a copy of the whole process at one moment
  between two requests, so all services' files agree, and the server goes on while the child writes;
- one save is one generation (`local_aws.state.snapshots`), and a start always loads one generation;
- damaged files, or a service that cannot read its file, end the start with a message of one line.

A kill -9 may lose the changes since the last good save began. S3 objects are separate files, written and deleted at
once, so after a kill they may be some seconds newer: an object may exist whose table item or message is lost, or be
deleted while its item exists again. A bucket that was created after the last save is deleted with its objects, so that
its stack can be created again. Multipart uploads in progress do not survive a restart. Functions' code is in content-
addressed files, which are written before the generation that refers to them.
"""

import json
import logging
import shutil
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, Protocol

from ministack import app
from ministack.core import persistence

from local_aws.hooks import prepares, replaces, wraps
from local_aws.settings import Settings
from local_aws.state import complete, saver
from local_aws.state.snapshots import DamagedState, Snapshots

_log = logging.getLogger("local_aws.persistence")
GetState = Callable[[], Any]
_snapshots: Snapshots
_state_dir: Path
# The code that functions use, and MiniStack's function that deletes other code.
_referenced: set[str] = set()
_prune: Callable[[set[str]], None] | None = None
_after_save: list[Callable[[], None]] = []
_is_loading = False
_when_loaded: list[Callable[[], None]] = []
_parts: dict[str, "Parts"] = {}


class Parts(Protocol):
    """Saves the large part of a service's state in files of its own, of which only those that changed are written."""

    def before_fork(self) -> None:
        """Take the changes of the next save, in the server."""

    def after_save(self, is_good: bool) -> None:
        """Forget the changes of the save that has ended, or keep them for the next one, in the server."""

    def split(self, state: dict[str, Any]) -> Iterator[tuple[str, bytes | None]]:
        """Take the parts out of a state; yields their names, and their contents if they have changed."""

    def join(self, state: dict[str, Any], parts: Iterable[bytes]) -> None:
        """Put the contents of all parts into a loaded state."""


@prepares
def _prepare(settings: Settings) -> None:
    """Save to, and load from, generations in the state folder."""
    global _snapshots, _state_dir
    _state_dir = settings.state_dir
    _snapshots = Snapshots(settings.state_dir / "services")
    saver.register_save(_save, _before_fork, _after_fork)


def save_in_parts(service: str, parts: Parts) -> None:
    """Register the parts of a service, by its name in the state. Their files' names begin with `part_prefix`."""
    _parts[service] = parts


def part_prefix(service: str) -> str:
    """How the names of the files of a service's parts begin."""
    return f"{service}.part-"


def _before_fork() -> None:
    for parts in _parts.values():
        parts.before_fork()


def _after_fork(is_good: bool) -> None:
    for parts in _parts.values():
        parts.after_save(is_good)


@replaces("ministack.app:save_all")
def _save_all(services: Any) -> None:
    saver.save_and_wait()


@wraps("ministack.services.lambda_svc:_prune_orphan_code_blobs")
def _prune_later(prune: Callable[[set[str]], None], referenced: set[str]) -> None:
    """Delete code only after a generation is saved that does not refer to it."""
    global _prune
    _referenced.update(referenced)
    _prune = prune


def after_save(work: Callable[[], None]) -> None:
    """Register work for the process that saves, a copy of the server: it runs when the saved state is the current one.

    A service deletes files there that the saved state does not name.
    """
    _after_save.append(work)


def when_loaded(work: Callable[[], None]) -> None:
    """Run work now; while the saved state is loaded, run it when every service has its state.

    What a service starts may need the roles, functions and queues of other services.
    """
    if _is_loading:
        _when_loaded.append(work)
    else:
        work()


def _save() -> bool:
    changed = _snapshots.save(_files(app._build_persistence_save_dict(), _snapshots.current()))
    if changed and _referenced and _prune:
        _prune(_referenced | complete.code_references(_snapshots.previous()))
    for work in _after_save:
        work()
    return changed


def _files(services: Mapping[str, GetState], previous: Path | None) -> Iterator[tuple[str, bytes | None]]:
    for name, get_state in services.items():
        state = get_state()
        if name == "s3":
            _make_bucket_folders(state)
        if state is not None and name in _parts:
            yield from _saved_parts(_parts[name].split(state), previous)
        yield f"{name}.json", None if state is None else _serialize(name, state)


def _make_bucket_folders(state: Any) -> None:
    """Make the folders whose absence tells `complete.missing` that objects are lost.

    MiniStack makes the folder of a bucket that CloudFormation has created with its first object.
    """
    for account, _ in state["buckets_meta"]._data:
        (_state_dir / "s3" / account).mkdir(parents=True, exist_ok=True)


def _saved_parts(
    parts: Iterable[tuple[str, bytes | None]], previous: Path | None
) -> Iterator[tuple[str, bytes | None]]:
    for name, content in parts:
        if content is None and not (previous and (previous / name).exists()):
            raise LookupError(f"{name} is not in the last saved state")
        yield name, content


def _serialize(name: str, state: Any) -> bytes:
    wrapped = {"__ministack_format__": persistence._state_format_version(name), "payload": state}
    return json.dumps(wrapped, default=persistence._json_default).encode()


@replaces("ministack.app:_load_persisted_state")
def _load() -> None:
    global _is_loading
    _is_loading = True
    try:
        _load_all()
    finally:
        _is_loading = False
    for work in _when_loaded:
        work()


def _load_all() -> None:
    generation = _snapshots.verify_current()
    if generation is None:
        _begin()
        return
    if reason := next(complete.missing(_state_dir, generation), None):
        raise _snapshots.damaged(reason)
    saver.note_loaded(generation.stat().st_mtime)
    persistence.STATE_DIR = str(generation)
    for name, module in app._state_map.items():
        if (generation / f"{name}.json").exists():
            state = _restore(name, module, generation)
            if name == "s3":
                _delete_lost_buckets(state)


def _begin() -> None:
    """Save an empty state, so that a state folder without a save is known to have lost it."""
    if complete.has_buckets(_state_dir):
        raise DamagedState(_state_dir, "services is missing, and s3 is there")
    _snapshots.save(())


def previous_text(service: str) -> str:
    """What the generation before the current one has of a service; empty if there is nothing.

    Files that it names are kept, so that it can be loaded.
    """
    return complete.text_of(_snapshots.previous(), service)


def _restore(name: str, module: str, generation: Path) -> Any:
    state = persistence.load_state(name)
    try:
        if state is None:
            raise ValueError(f"{name}.json is not this MiniStack's format")
        if state and name in _parts:
            paths = sorted(generation.glob(f"{part_prefix(name)}*"))
            _parts[name].join(state, (path.read_bytes() for path in paths))
        if state:
            app._get_module(module).load_persisted_state(state)
    except Exception as error:
        _log.info("could not restore %s", name, exc_info=True)
        raise DamagedState(generation.parent, f"{name} cannot read {generation.name}/{name}.json: {error}") from error
    return state


def _delete_lost_buckets(state: dict[str, Any]) -> None:
    """Delete buckets that are not in the loaded state, with their objects."""
    from ministack.services import s3  # noqa: PLC0415 - reads all objects while it is imported

    for account, bucket in set(s3._buckets._data) - set(state["buckets_meta"]._data):
        _log.warning("bucket %s was created after the last save and is lost", bucket)
        del s3._buckets._data[account, bucket]
        shutil.rmtree(Path(s3.DATA_DIR) / account / bucket, ignore_errors=True)
