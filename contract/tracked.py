"""`openapi.json` in an app's folder: written by hand's command, held against the code by `make check`."""

import json

from contract.loading import contract_of
from contract.validity import faults
from deploy.apps import App
from deploy.errors import DeployError

FILE_NAME = "openapi.json"


def write(app: App) -> str:
    """Write an app's contract; returns what was done.

    Raises
    ------
    DeployError
        It would not be valid.
    """
    text, path = valid_contract(app), app.folder / FILE_NAME
    if path.exists() and path.read_text() == text:
        return f"{app.key}/{FILE_NAME}: nothing to change"
    path.write_text(text)
    return f"{app.key}/{FILE_NAME}: written"


def check(app: App) -> str:
    """Hold what is tracked against the code; returns that all is well.

    Raises
    ------
    DeployError
        It is not valid, or not what the code says.
    """
    path = app.folder / FILE_NAME
    if not path.exists() or path.read_text() != valid_contract(app):
        raise DeployError(f"{app.key}/{FILE_NAME} is not what the code says: run `make contract`")
    return f"{app.key}/{FILE_NAME}: as the code says"


def valid_contract(app: App) -> str:
    """Generate an app's contract.

    Raises
    ------
    DeployError
        It is not valid OpenAPI, or an example is not what its schema allows.
    """
    text = contract_of(app)
    if wrong := faults(json.loads(text)):
        raise DeployError(f"{app.key}: the contract is not valid: {'; '.join(wrong[:5])}")
    return text
