"""`openapi.json` in an app's folder: `make contract` writes it, `make check` compares it with the code."""

import json

from contract.loading import contract_of
from deploy.apps import App
from deploy.errors import DeployError

FILE_NAME = "openapi.json"


def write(app: App, *, is_checked: bool = True) -> str:
    """Write an app's contract; returns a message that says whether it changed.

    With `is_checked`, it is checked first that the contract is valid.

    Raises
    ------
    DeployError
        The contract would not be valid.
    """
    text, path = valid_contract(app) if is_checked else contract_of(app), app.folder / FILE_NAME
    if path.exists() and path.read_text() == text:
        return f"{app.key}/{FILE_NAME}: nothing to change"
    path.write_text(text)
    return f"{app.key}/{FILE_NAME}: written"


def check(app: App) -> str:
    """Compare the tracked contract with the code; returns a message that they are the same.

    Raises
    ------
    DeployError
        The contract is not valid, or differs from the code.
    """
    path = app.folder / FILE_NAME
    if not path.exists() or path.read_text() != valid_contract(app):
        raise DeployError(f"{app.key}/{FILE_NAME} differs from the code: run `make contract`")
    return f"{app.key}/{FILE_NAME}: matches the code"


def valid_contract(app: App) -> str:
    """Generate an app's contract.

    Raises
    ------
    DeployError
        It is not valid OpenAPI, or an example is not valid for its schema.
    """
    from contract.validity import faults  # noqa: PLC0415 - needs packages of `make venv`

    text = contract_of(app)
    if wrong := faults(json.loads(text)):
        raise DeployError(f"{app.key}: the contract is not valid: {'; '.join(wrong[:5])}")
    return text
