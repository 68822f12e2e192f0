"""Which requests change nothing, so that no save follows them: `make run` reads the functions' logs each second."""

from local_aws.web.asgi import Scope

# Only services whose operations of these names are known to change nothing. Cognito's GetId creates an identity.
_SERVICES = (b"Logs_20140328.", b"DynamoDB_20120810.")
_READS = (b"BatchGet", b"Describe", b"Filter", b"Get", b"List", b"Query", b"Scan")


def changes_nothing(scope: Scope) -> bool:
    """Whether a request only reads, by its method or by the operation in its header X-Amz-Target."""
    if scope["type"] != "http":
        return False
    if scope["method"] in ("GET", "HEAD"):
        return True
    target = next((value for name, value in scope["headers"] if name == b"x-amz-target"), b"")
    return any(target.startswith(service + read) for service in _SERVICES for read in _READS)
