"""Reads the YAML files that a user writes; an error names the file, the line and the column."""

from pathlib import Path
from typing import Any

import yaml

from deploy.errors import DeployError


def read_yaml(path: Path, loader: type[yaml.CSafeLoader] = yaml.CSafeLoader) -> Any:
    """The content of an app's file.

    Raises
    ------
    DeployError
        The file is not YAML in UTF-8; the text begins with `todo_app/stages.yaml:12:5:`.
    """
    content, name = path.read_bytes(), f"{path.parent.name}/{path.name}"
    try:
        return yaml.load(content.decode(), loader)  # noqa: S506 - safe loaders only
    except UnicodeDecodeError as error:
        raise DeployError(f"{name}:{_place(content, error.start)}: not UTF-8: {error.reason}") from None
    except yaml.reader.ReaderError as error:
        raise DeployError(f"{name}:{_place(content, error.position)}: {error.reason}") from None
    except yaml.MarkedYAMLError as error:
        raise DeployError(f"{name}:{_marked(error)}") from None


def _place(content: bytes, position: int) -> str:
    """The line and column of a byte, from 1."""
    *lines, last_line = content[:position].split(b"\n")
    return f"{len(lines) + 1}:{len(last_line.decode(errors='replace')) + 1}"


def _marked(error: yaml.MarkedYAMLError) -> str:
    mark, start = error.problem_mark or error.context_mark, error.context_mark
    place = f"{mark.line + 1}:{mark.column + 1}: " if mark else " "
    context = f", {error.context}" if error.context else ""
    begin = f" that begins in line {start.line + 1}" if context and start and mark and start.line != mark.line else ""
    return f"{place}{error.problem}{context}{begin}"
