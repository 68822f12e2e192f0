"""Which names a new app may have."""

import importlib.util
import keyword
import re
import sys
from pathlib import Path

from deploy.apps import App, find_apps
from deploy.errors import DeployError

_SUFFIX = "_app"
# It is part of the names of queues, stacks and Python modules: https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cfn-using-console-create-stack-parameters.html
_NAME = re.compile(r"[a-z][a-z0-9]{1,19}")
# What each app has of these names.
_TAKEN = {"app", "chalicelib", "vendor"}
# The ports between those of http and https.
_MOST_OFFSET = 400
# The embedded AWS serves MQTT there.
_MQTT_OFFSET = 13


def valid_name(text: str, root: Path) -> str:
    """The name of a new app in `root`; its folder is the name with `_app`, which may be part of the text.

    Raises
    ------
    DeployError
        The name does not have the form of one, is in use, or would hide a Python module.
    """
    name = text.removesuffix(_SUFFIX)
    if not _NAME.fullmatch(name):
        raise DeployError(f"{text} is not a name for an app: 2 to 20 lower-case letters and digits, a letter first")
    if (root / folder_name(name)).exists():
        raise DeployError(f"{folder_name(name)} is there already")
    for app in _apps(root):
        if app.name == name:
            raise DeployError(f"{app.key} has the name {name} already")
    if keyword.iskeyword(name) or name in _TAKEN or _is_module(name) or _is_module(folder_name(name)):
        raise DeployError(f"{name} is the name of a Python module or keyword: choose another name for the app")
    return name


def folder_name(name: str) -> str:
    """The folder of the app of this name."""
    return name + _SUFFIX


def free_port_offset(root: Path) -> int:
    """The lowest offset from the base port that no app and no local server of an app has."""
    used = {_MQTT_OFFSET}
    for app in _apps(root):
        used.add(app.port_offset)
        used |= {server.port_offset for server in app.stage("local").servers.values()}
    return next(offset for offset in range(1, _MOST_OFFSET) if offset not in used)


def _apps(root: Path) -> list[App]:
    try:
        return find_apps(root)
    except DeployError:
        return []


def _is_module(name: str) -> bool:
    """Whether `import NAME` finds a module of Python's, of a package that is installed, or of this project."""
    return name in sys.stdlib_module_names or importlib.util.find_spec(name) is not None
