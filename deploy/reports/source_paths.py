"""Paths in the tracebacks of functions, as those of the files in the checkout."""

import re

from deploy.apps import App

# Where Lambda unpacks a deployment package, and where the embedded AWS does. In JSON the quotation mark is escaped.
_PATH = re.compile(
    r'(?P<before>File \\?")(?:/var/task|/[^"\\\n]*/functions/code/[0-9a-f]{64})/(?P<name>[^"\\\n]+)(?=\\?")'
)


def with_source_paths(text: str, app: App) -> str:
    """A function's text with `todo_app/chalicelib/...` for the path of a file of the app, and `common/...`.

    A file of a library has its path in the deployment package.
    """
    return _PATH.sub(lambda match: match["before"] + _source(app, match["name"]), text)


def _source(app: App, name: str) -> str:
    if (app.folder / name).is_file():
        return f"{app.key}/{name}"
    vendored, root = (app.folder / "vendor" / name).resolve(), app.folder.resolve().parent
    return vendored.relative_to(root).as_posix() if vendored.is_file() and vendored.is_relative_to(root) else name
