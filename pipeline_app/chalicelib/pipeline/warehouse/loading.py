"""Loads a report when its run has written a manifest.

Each attempt is one transaction with a token, so an attempt that is sent twice runs once. The transaction itself does
nothing if data that are as new have been loaded, so even a second run of it changes nothing.
"""

import json
from collections.abc import Mapping
from hashlib import sha256
from typing import Any

from chalicelib.pipeline.warehouse import statements
from chalicelib.pipeline.warehouse.model import Load, State, check
from chalicelib.pipeline.warehouse.ports import LoadQueue, Loads, Manifests, Statements

from common.runtime.s3_events import object_keys


def loads_of(record: Mapping[str, Any]) -> list[Load]:
    """Read a message: an event of S3, whose test event is about nothing, or a load that was put off.

    Raises
    ------
    InvalidManifest
        An object is not a manifest.
    """
    body = json.loads(record["body"])
    if "manifest_key" not in body:
        return [Load.of_key(key) for key in object_keys(body)]
    first = Load.of_key(body["manifest_key"])
    return [Load(first.kind, first.window, first.run_id, int(body["attempt"]), int(body["last_attempt"]))]


class Loading:
    """The use case; `bucket` has the reports, and `copy_role` is the role that reads them for the warehouse."""

    def __init__(
        self,
        *,
        manifests: Manifests,
        loads: Loads,
        statements: Statements,
        queue: LoadQueue,
        workgroup: str,
        bucket: str,
        copy_role: str,
    ) -> None:
        self._manifests = manifests
        self._loads = loads
        self._statements = statements
        self._queue = queue
        self._workgroup = workgroup
        self._bucket = bucket
        self._copy_role = copy_role

    def load(self, load: Load) -> str | None:
        """Start an attempt; returns the statement's id, or None if the warehouse has these data or newer ones.

        Raises
        ------
        InvalidManifest
        """
        manifest = self._manifests.read(load.manifest_key)
        check(manifest, load)
        known = self._loads.find(load)
        if known and known.state == State.LOADED and known.load.data_version >= load.data_version:
            return None
        name = load.name(self._workgroup)
        statement_id = self._statements.send(
            statements.load(load, manifest, self._bucket, self._copy_role),
            statements.load_parameters(load, manifest),
            name=name,
            token=sha256(name.encode()).hexdigest(),
        )
        self._queue.look_later(statement_id, name)
        self._loads.note(load, State.LOADING, statement_id=statement_id)
        return statement_id
