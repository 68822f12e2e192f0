"""State that survives kill -9, saved as a whole and off the hot path.

On AWS what a service has answered is durable. MiniStack writes its state on a clean stop only, one file after another,
and after a failed restore goes on with that service empty. Here

- a changed state is saved every few seconds by a forked child: the fork is a copy of the whole process at one moment
  between two requests, so all services' files agree, and the server goes on while the child writes;
- one save is one generation (`local_aws.state.snapshots`), and what comes back is always one generation;
- damage, or a service that cannot read what it wrote, stops the start with one line.

What a kill -9 may lose is the last seconds. S3 objects are files of their own, written and deleted at once, so after a
kill they may be a few seconds ahead: an object is there whose table item or message is lost, or one is gone whose item
came back. A bucket that was made in the lost seconds goes with them, objects included, so that its stack can be made
again. Multipart uploads under way do not survive a restart. Functions' code is content-addressed files, written before
the generation that names them.

Hooked: `app.save_all`, `app._load_persisted_state`, `lambda_svc._prune_orphan_code_blobs` (which would delete code that
the generation on disk still names). `s3._buckets` and `s3.DATA_DIR` are read.
"""

import json
import logging
import shutil
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from ministack import app
from ministack.core import persistence

from local_aws.hooks import prepares, replaces, wraps
from local_aws.settings import Settings
from local_aws.state import saver
from local_aws.state.snapshots import DamagedState, Snapshots

_log = logging.getLogger("local_aws.persistence")
GetState = Callable[[], Any]
_snapshots: Snapshots
# The code that functions use, and what deletes all other.
_referenced: set[str] = set()
_prune: Callable[[set[str]], None] | None = None


@prepares
def _prepare(settings: Settings) -> None:
    """Restore from, and save to, generations in the state folder."""
    global _snapshots
    _snapshots = Snapshots(settings.state_dir / "services")
    saver.prepare(_save)


@replaces("ministack.app:save_all")
def _save_all(services: Any) -> None:
    saver.save_and_wait()


@wraps("ministack.services.lambda_svc:_prune_orphan_code_blobs")
def _prune_later(prune: Callable[[set[str]], None], referenced: set[str]) -> None:
    """Delete no code before a generation is saved that does not name it any more."""
    global _prune
    _referenced.update(referenced)
    _prune = prune


def _save() -> bool:
    changed = _snapshots.save(_files(app._build_persistence_save_dict()))
    if changed and _referenced and _prune:
        _prune(_referenced)
    return changed


def _files(services: Mapping[str, GetState]) -> Iterator[tuple[str, bytes | None]]:
    for name, get_state in services.items():
        state = get_state()
        yield f"{name}.json", None if state is None else _serialised(name, state)


def _serialised(name: str, state: Any) -> bytes:
    wrapped = {"__ministack_format__": persistence._state_format_version(name), "payload": state}
    return json.dumps(wrapped, default=persistence._json_default).encode()


@replaces("ministack.app:_load_persisted_state")
def _load() -> None:
    generation = _snapshots.verified()
    if generation is None:
        return
    persistence.STATE_DIR = str(generation)
    for name, module in app._state_map.items():
        if (generation / f"{name}.json").exists():
            known = _restore(name, module, generation)
            if name == "s3":
                _forget_lost_buckets(known)


def _restore(name: str, module: str, generation: Path) -> Any:
    state = persistence.load_state(name)
    try:
        if state is None:
            raise ValueError(f"{name}.json is not this MiniStack's format")
        if state:
            app._get_module(module).load_persisted_state(state)
    except Exception as error:
        _log.info("could not restore %s", name, exc_info=True)
        raise DamagedState(generation.parent, f"{name} cannot read {generation.name}/{name}.json: {error}") from error
    return state


def _forget_lost_buckets(state: dict[str, Any]) -> None:
    """Drop buckets of which only objects are left."""
    from ministack.services import s3  # noqa: PLC0415 - reads all objects while it is imported

    for account, bucket in set(s3._buckets._data) - set(state["buckets_meta"]._data):
        _log.warning("bucket %s was made after the last save and is lost", bucket)
        del s3._buckets._data[account, bucket]
        shutil.rmtree(Path(s3.DATA_DIR) / account / bucket, ignore_errors=True)
