"""Keeps one copy in memory of a deployment package that several functions and versions have.

An app's functions are deployed with one package. MiniStack decodes it from each request, so an app with 14 functions
of 9 MB took 130 MB. A restart shares the copies already.
"""

from collections.abc import Callable, Iterable
from typing import Any

from ministack.services import lambda_svc

from local_aws.hooks import wraps
from local_aws.services.lambda_ import lost_code


@wraps("ministack.services.lambda_svc:_create_function", "ministack.services.lambda_svc:_update_code")
def _with_shared_code(operation: Callable[..., Any], *arguments: Any) -> Any:
    answer = operation(*arguments)
    lost_code.restore(lambda_svc._functions._data.values())
    share(lambda_svc._functions._data.values())
    return answer


def share(functions: Iterable[dict[str, Any]]) -> None:
    """Let records with equal packages have the same one. The hash of an object of bytes is computed once."""
    packages: dict[bytes, bytes] = {}
    for function in functions:
        for record in (function, *function["versions"].values()):
            # The code of an old version is a reference to its file.
            if isinstance(code := record.get("code_zip"), bytes):
                record["code_zip"] = packages.setdefault(code, code)
