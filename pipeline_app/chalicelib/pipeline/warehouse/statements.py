"""The SQL of a load and of the migrations, in files: `sql/` and `migrations/`."""

import re
from functools import cache
from hashlib import sha256
from pathlib import Path

import msgspec
from chalicelib.pipeline.reports.model import Manifest
from chalicelib.pipeline.warehouse.model import Load

_FOLDER = Path(__file__).parent
_MIGRATION = re.compile(r"([0-9]{4})_(\w+)\.sql")


class Migration(msgspec.Struct, frozen=True):
    """One migration: its number, its name, the SHA-256 of its file, and its statements."""

    version: int
    name: str
    digest: str
    statements: tuple[str, ...]


@cache
def migrations() -> tuple[Migration, ...]:
    """All migrations, in the order of their numbers."""
    found: list[Migration] = []
    for path in sorted((_FOLDER / "migrations").glob("*.sql")):
        match = _MIGRATION.fullmatch(path.name)
        if match is None or int(match[1]) != len(found) + 1:
            raise LookupError(f"{path.name} is not migration {len(found) + 1}")
        text = path.read_text()
        found.append(Migration(int(match[1]), match[2], sha256(text.encode()).hexdigest(), _statements(text)))
    return tuple(found)


def load(load: Load, manifest: Manifest, bucket: str, role_arn: str) -> list[str]:
    """The statements of a load; `manifest` is checked. COPY takes no parameters, so its values are text of the SQL."""
    values = {"{kind}": str(load.kind), "{source}": f"s3://{bucket}/{load.prefix}", "{role}": role_arn}
    statements = []
    for statement in _load_statements():
        for name, value in values.items():
            statement = statement.replace(name, value)
        # There are no objects for no rows, and COPY fails without objects.
        if manifest.rows or not statement.startswith("COPY"):
            statements.append(statement)
    return statements


def load_parameters(load: Load, manifest: Manifest) -> dict[str, str]:
    """The named parameters of `load`."""
    return {
        "kind": str(load.kind),
        "window_id": load.window.start,
        "window_start": f"{load.window.starts:%Y-%m-%d %H:%M:%S}",
        "data_version": str(load.data_version),
        "run_id": load.run_id,
        "manifest_key": load.manifest_key,
        "row_count": str(manifest.rows),
        "complete": str(manifest.complete).lower(),
    }


@cache
def _load_statements() -> tuple[str, ...]:
    return _statements((_FOLDER / "sql" / "load.sql").read_text())


def _statements(text: str) -> tuple[str, ...]:
    """The statements of a file, without lines that are comments; each ends with a semicolon at the end of a line."""
    lines = [line for line in text.splitlines() if not line.startswith("--")]
    return tuple(part.strip() for part in "\n".join([*lines, ""]).split(";\n") if part.strip())
