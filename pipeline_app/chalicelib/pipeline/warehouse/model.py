"""Loads of reports into the warehouse, and what is known of each."""

import re
from enum import StrEnum

import msgspec
from chalicelib.pipeline.reports.model import InvalidWindow, Kind, Manifest, Window, manifest_key, run_prefix

MOST_ATTEMPTS = 5
# A run's id is part of keys and of SQL.
_RUN_ID = re.compile(r"v[0-9]{1,15}-[0-9a-f]{1,64}-[0-9]{1,9}")
_KEY = re.compile(r"[A-Za-z0-9_./=-]{1,512}")
_NAME = re.compile(r"(\S+) load (\w+) (\S+) (\S+) ([0-9]+)/([0-9]+)")


class InvalidManifest(Exception):
    """The manifest is not one that a report's run writes."""


class State(StrEnum):
    """What has become of a load."""

    LOADING = "loading"
    LOADED = "loaded"
    PARKED = "parked"


class Load(msgspec.Struct, frozen=True):
    """One attempt to load the report of a run; after the attempt `last_attempt` it is parked."""

    kind: Kind
    window: Window
    run_id: str
    attempt: int = 1
    last_attempt: int = MOST_ATTEMPTS

    @property
    def data_version(self) -> int:
        """The version of the data that the run has read."""
        return int(self.run_id[1:].partition("-")[0])

    @property
    def manifest_key(self) -> str:
        """The key of the run's manifest."""
        return manifest_key(self.kind, self.window, self.run_id)

    @property
    def prefix(self) -> str:
        """The prefix of the run's Parquet objects."""
        return run_prefix(self.kind, self.window, self.run_id)

    @property
    def log_fields(self) -> dict[str, str | int]:
        """What a line of the log says about the attempt."""
        return {"kind": self.kind, "window": self.window.start, "run": self.run_id, "attempt": self.attempt}

    def name(self, workgroup: str) -> str:
        """The name of the attempt's statement, which `of_name` reads."""
        return f"{workgroup} load {self.kind} {self.window.start} {self.run_id} {self.attempt}/{self.last_attempt}"

    @classmethod
    def of_name(cls, name: str, workgroup: str) -> "Load | None":
        """Read the name of a statement; None if it is no load of this workgroup."""
        match = _NAME.fullmatch(name)
        if match is None or match[1] != workgroup:
            return None
        try:
            return cls(Kind(match[2]), Window.of(match[3]), match[4], int(match[5]), int(match[6]))
        except (ValueError, InvalidWindow):
            return None

    @classmethod
    def of_key(cls, key: str) -> "Load":
        """The first attempt to load the run of a manifest; raises InvalidManifest for the key of another object."""
        try:
            _, kind, start, file = key.split("/")
            load = cls(Kind(kind), Window.of(start), file.removesuffix(".json"))
        except (ValueError, InvalidWindow) as error:
            raise InvalidManifest(f"{key} is no manifest's key") from error
        if not _RUN_ID.fullmatch(load.run_id) or load.manifest_key != key or load.kind.grain != load.window.grain:
            raise InvalidManifest(f"{key} is no manifest's key")
        return load


class LoadRecord(msgspec.Struct, frozen=True):
    """What is known of the newest load of a report."""

    load: Load
    state: State
    statement_id: str = ""
    reason: str = ""
    updated_at: str = ""

    @property
    def log_fields(self) -> dict[str, str | int]:
        """What a line of the log says about it."""
        reason = {"reason": self.reason} if self.reason else {}
        return {**self.load.log_fields, "state": self.state, "statement": self.statement_id, **reason}


def check(manifest: Manifest, load: Load) -> None:
    """Check that a manifest is the one of this load, and that its objects are those of its run.

    Raises
    ------
    InvalidManifest
        Says what is wrong.
    """
    if manifest.key != load.manifest_key or manifest.data_version != load.data_version:
        raise InvalidManifest(f"{load.manifest_key} is about another run")
    if manifest.rows < 0 or bool(manifest.rows) != bool(manifest.parquet):
        raise InvalidManifest(f"{load.manifest_key} has {manifest.rows} rows in {len(manifest.parquet)} objects")
    for each in manifest.parquet:
        if not each.key.startswith(load.prefix) or not _KEY.fullmatch(each.key):
            raise InvalidManifest(f"{each.key} is not an object of {load.prefix}")
