"""How an extension hooks into MiniStack, which has no plugin interface.

An extension is a module of EXTENSIONS with

- a docstring: what AWS does (with a link), what this MiniStack lacks, where it is hooked;
- `HOOKS`: every MiniStack name that it replaces, wraps or reads, with the shape it expects;
- `install(settings)`: puts the hooks in place, once, before the server starts.
"""

import importlib
import importlib.metadata
import inspect
import logging
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Protocol, cast

from local_aws.settings import Settings

_log = logging.getLogger("local_aws.hooks")


@dataclass(frozen=True)
class Hook:
    """One MiniStack name and the shape that an extension relies on.

    `target` is `module:attribute` (`ministack.services.sns:_deliver_to_lambda`, `...:Worker.invoke`).
    `shape` is the parameter names of a function, comma-separated, or `type:NAME` for a value's type.
    """

    target: str
    shape: str

    def found(self) -> Any:
        """The object the hook names, or None."""
        module_name, _, path = self.target.partition(":")
        found: Any = importlib.import_module(module_name)
        for part in path.split("."):
            found = getattr(found, part, None)
        return found

    def difference(self) -> str | None:
        """What does not match, in one sentence, or None when all is as expected."""
        found = self.found()
        if found is None:
            return f"{self.target} is gone"
        actual = f"type:{type(found).__name__}" if self.shape.startswith("type:") else _parameters(found)
        return None if actual == self.shape else f"{self.target} has shape ({actual}), expected ({self.shape})"


def _parameters(found: Any) -> str:
    try:
        return ",".join(inspect.signature(found).parameters)
    except (TypeError, ValueError):
        return f"no parameters: a {type(found).__name__}"


class Part(Protocol):
    """A module that relies on MiniStack's inside, and says on what."""

    __name__: str
    HOOKS: tuple[Hook, ...]


class Extension(Part, Protocol):
    """The shape of a module of EXTENSIONS."""

    install: Callable[[Settings], None]


class IncompatibleMiniStack(Exception):
    """MiniStack's inside is not what an extension was written for."""


# In the order in which they are installed.
EXTENSIONS = (
    "services.apigateway.authorizers",
    "services.apigateway.deployments",
    "services.apigateway.data_plane",
    "services.apigateway.import_rest_api",
    "services.apigateway.patch_operations",
    "services.cloudformation.conditions",
    "services.dynamodb.global_table_resource",
    "services.cloudformation.physical_names",
    "services.secretsmanager.secret_resource",
    "services.cloudfront.api_origin",
    "services.cloudfront.viewer_requests",
    "services.cloudfront.function_runtime",
    "services.cloudfront.invalidations",
    "services.cloudfront.origin_groups",
    "services.cloudfront.policies",
    "services.cloudfront.s3_origin",
    "services.cognito.attributes",
    "services.cognito.challenges",
    "services.cognito.codes",
    "services.cognito.identity_credentials",
    "services.cognito.lockout",
    "services.cognito.login_page",
    "services.cognito.tokens",
    "services.cognito.triggers",
    "services.cognito.user_pools",
    "services.dynamodb.expressions",
    "services.dynamodb.global_tables",
    "services.dynamodb.streams",
    "services.dynamodb.ttl",
    "faults.injection",
    "services.iam.leading_keys",
    "services.iam.policy_variables",
    "services.iam.requests",
    "services.iam.unsigned",
    "services.lambda_.async_invocations",
    "services.lambda_.requests",
    "services.lambda_.sqs_batches",
    "services.lambda_.sqs_loops",
    "services.lambda_.sqs_mappings",
    "services.lambda_.function_states",
    "services.lambda_.stream_mappings",
    "services.lambda_.stream_sources",
    "services.lambda_.trace",
    "services.lambda_.workers",
    "services.logs.limits",
    "services.logs.streams",
    "state.persistence",
    "services.s3.presigned_posts",
    "services.s3.notifications",
    "services.ses.event_topics",
    "services.ses.permissions",
    "services.ses.send_operations",
    "services.sns.deliveries",
    "services.sts.web_identity",
    "unsupported",
)


def all_extensions() -> Iterator[Extension]:
    """Every extension, in the order in which they are installed."""
    for name in EXTENSIONS:
        try:
            yield cast(Extension, importlib.import_module(f"local_aws.{name}"))
        except (ImportError, AttributeError) as error:
            raise _incompatible(name.rpartition(".")[2], f"cannot be imported: {error}") from error


def install_all(settings: Settings) -> list[str]:
    """Check and install every extension; returns their names.

    Raises
    ------
    IncompatibleMiniStack
        Names the extension, the difference and the installed versions.
    """
    found = list(all_extensions())
    for extension in found:
        check(extension)
    for extension in found:
        _install(extension, settings)
    return [_name(extension) for extension in found]


def check(part: Part) -> None:
    """See that MiniStack still has what a part names.

    Raises
    ------
    IncompatibleMiniStack
        Names the part, the difference and the installed versions.
    """
    differences = [text for hook in part.HOOKS if (text := hook.difference())]
    if differences:
        raise _incompatible(_name(part), "; ".join(differences))


def _install(extension: Extension, settings: Settings) -> None:
    try:
        extension.install(settings)
    except (AttributeError, ImportError, LookupError, TypeError) as error:
        _log.info("extension %s cannot be installed", extension.__name__, exc_info=True)
        raise _incompatible(_name(extension), f"cannot be installed: {type(error).__name__}: {error}") from error


def _incompatible(name: str, why: str) -> IncompatibleMiniStack:
    versions = ", ".join(f"{package} {importlib.metadata.version(package)}" for package in ("ministack", "botocore"))
    return IncompatibleMiniStack(f"extension {name} and {versions}: {why}")


def _name(part: Part) -> str:
    return part.__name__.rpartition(".")[2]
