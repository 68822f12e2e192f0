"""The lines about an app in the project's own files.

They are rows of the documentation, and the package whose imports are checked. `make check` requires them of every app.
"""

import re
from pathlib import Path

from deploy.checkout import DEFAULT_PORT
from deploy.errors import DeployError
from deploy.local.new_apps import HTTPS_OFFSET

_README, _ARCHITECTURE, _ADDRESSES, _PROJECT = (
    Path("README.md"),
    Path("docs/architecture.md"),
    Path("local_aws/README.md"),
    Path("pyproject.toml"),
)


def with_app(root: Path, name: str, folder: str, port_offset: int) -> dict[Path, str]:
    """The changed texts of the project's files, by their paths; none for a root that is not the project's.

    Raises
    ------
    DeployError
        A file has no place for the line.
    """
    if not (root / _ARCHITECTURE).exists():
        return {}
    port = DEFAULT_PORT + port_offset
    rows = {
        _README: (
            r"^\| `\w+_app` \|.*\n",
            f"| `{folder}` | {name.capitalize()}: a greeting | [docs/{name}.md](docs/{name}.md) |\n",
        ),
        _ARCHITECTURE: (r"^\| \[\w+_app/\]\(.*\n", f"| [{folder}/](../{folder}) | another |\n"),
        _ADDRESSES: (
            r"^\| \d+ \| the same, https \|\n",
            f"| {port} | `{folder}`'s distribution, http |\n| {port + HTTPS_OFFSET} | the same, https |\n",
        ),
    }
    texts = {path: _after_last(root, path, *row) for path, row in rows.items()}
    return {**texts, _PROJECT: _with_package(root, f"chalicelib.{name}")}


def _after_last(root: Path, path: Path, pattern: str, line: str) -> str:
    """The file's text with a line after the last one that matches."""
    text = (root / path).read_text()
    matches = list(re.finditer(pattern, text, re.MULTILINE))
    if not matches:
        raise DeployError(f"{path} has no table of apps to which a row could be added")
    end = matches[-1].end()
    return text[:end] + line + text[end:]


def _with_package(root: Path, package: str) -> str:
    text = (root / _PROJECT).read_text()
    changed, count = re.subn(r"^(root_packages = \[[^\]]*)\]", rf'\1, "{package}"]', text, count=1, flags=re.MULTILINE)
    if not count:
        raise DeployError(f"{_PROJECT} has no root_packages to which {package} could be added")
    return changed
