"""The kinds of sample events, and the command that prints one."""

import inspect
import json
from argparse import ArgumentParser, Namespace
from collections.abc import Callable
from typing import Any

from deploy.errors import DeployError
from deploy.events.api import api
from deploy.events.messages import s3, schedule, sns, sqs
from deploy.events.occasion import Occasion
from deploy.events.streams import dynamodb, firehose, kinesis

KINDS: dict[str, Callable[..., dict[str, Any]]] = {
    make.__name__: make for make in (api, sqs, s3, sns, dynamodb, kinesis, firehose, schedule)
}
_OPTIONS = {
    "method": "api: the request's method (default: GET)",
    "path": "api: its path, which may have a query (default: /)",
    "resource": "api: the route, as in '/todos/{todo_id}' (default: the path)",
    "user": "api: the `sub` of the user who is signed in",
    "groups": "api: the user's groups, with commas between them",
    "body": "the request's body, the message, the record's data, or the new item in DynamoDB's JSON",
    "bucket": "s3: the bucket's name",
    "key": "s3: the object's key",
    "source": "the ARN of the queue, topic, stream or rule",
}


def add_arguments(parser: ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument("kind", choices=KINDS)
    for name, text in _OPTIONS.items():
        parser.add_argument(f"--{name}", help=text)


def print_event(arguments: Namespace) -> None:
    """Print a sample event as JSON.

    Raises
    ------
    DeployError
        The kind does not take one of the options, or refuses its value.
    """
    options = {name: value for name in _OPTIONS if (value := getattr(arguments, name)) is not None}
    print(json.dumps(sample(arguments.kind, **options), indent=2))


def sample(kind: str, **options: str) -> dict[str, Any]:
    """Make a sample event of one of KINDS; the options are those of its function."""
    make = KINDS[kind]
    known = list(inspect.signature(make).parameters)[1:]
    for name in options:
        if name not in known:
            raise DeployError(f"event {kind} takes no --{name}; it takes {', '.join(f'--{other}' for other in known)}")
    return make(Occasion(), **options)
