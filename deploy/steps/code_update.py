"""Step 3 after a change of code alone: Lambda gets the new package, and nothing else is deployed.

`chalice deploy` would do the same for the functions, and then import the API and deploy its stage `preview` again as
they are. Event sources call the functions by their names, and `preview` calls them without a version, so both run the
new code.
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager

from deploy.apps import App
from deploy.errors import CommandFailed
from deploy.inventory.functions import deployed_functions
from deploy.progress import Progress, counted
from deploy.steps.package import Package
from deploy.steps.template_bucket import ensure_bucket
from deploy.target import Target


def update_code(app: App, target: Target, package: Package, progress: Progress) -> None:
    """Update the code of all functions of the app, and wait until Lambda has it.

    Raises
    ------
    CommandFailed
        Lambda refused the code of a function.
    """
    names = [function["FunctionName"] for function in deployed_functions(app, target).values()]
    with _uploaded(app, target, package) as place:
        for name in names:
            target.client("lambda").update_function_code(FunctionName=name, **place)
        for name in names:
            _wait_until_updated(target, name)
    progress.change(f"code of {counted(len(names), 'function')} updated")


@contextmanager
def _uploaded(app: App, target: Target, package: Package) -> Iterator[dict[str, str]]:
    """Put the package into S3 once, for all functions: in the requests it would take ten times as long."""
    s3, bucket = target.client("s3"), f"quartet-packages-{target.account()}-{target.region}"
    ensure_bucket(s3, bucket, target.region)
    key = f"{app.full_name(target.stage)}/{package.path.name}"
    s3.put_object(Bucket=bucket, Key=key, Body=package.path.read_bytes())
    try:
        yield {"S3Bucket": bucket, "S3Key": key}
    finally:
        s3.delete_object(Bucket=bucket, Key=key)


def _wait_until_updated(target: Target, name: str) -> None:
    # https://docs.aws.amazon.com/lambda/latest/dg/functions-states.html
    while True:
        function = target.client("lambda").get_function_configuration(FunctionName=name)
        if function.get("LastUpdateStatus") == "Failed":
            raise CommandFailed(f"{name}: {function.get('LastUpdateStatusReason', 'the code was not updated')}")
        if function.get("LastUpdateStatus") != "InProgress" and function.get("State") != "Pending":
            return
        time.sleep(0.05 if target.is_local else 2)
