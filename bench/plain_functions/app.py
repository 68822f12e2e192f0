"""Two functions and no API, which the unextended MiniStack could not import."""

from typing import Any

from chalice.app import Chalice

app = Chalice(app_name="bench")


@app.lambda_function()
def first(event: dict[str, Any], context: object) -> dict[str, Any]:
    """Answer with the event."""
    return event


@app.lambda_function()
def second(event: dict[str, Any], context: object) -> dict[str, Any]:
    """Answer with the event."""
    return event
