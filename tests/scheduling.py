"""Which tests run in one process, the number of processes, and the order of the groups."""

from xdist.scheduler import LoadScopeScheduling

# What shares a deployed stage is a group. Every other file is one by itself.
_STAGES = {
    "tests/e2e/blog/": "every app",
    "tests/e2e/test_bad_input.py": "every app",
    "tests/e2e/test_deploy.py": "every app",
    # By itself: its commands rotate keys and change what demo users have.
    "tests/e2e/test_pages.py": "pages",
    "tests/e2e/pipeline/": "pipeline_app",
    "tests/e2e/todo/": "todo_app",
    "tests/e2e/video/": "every app",
    "tests/e2e/test_deploy_dev.py": "tiny_app",
    "tests/e2e/test_deploy_stream.py": "tiny_app",
    "tests/e2e/test_invoke.py": "tiny_app",
}
# The groups that take longest begin first: one that is left to the end leaves the other processes idle.
_FIRST = (
    "every app",
    "pipeline_app",
    "pages",
    "tests/e2e/test_deploy_tiny.py",
    "tests/e2e/test_deploy_watch.py",
    "todo_app",
    "local_aws/tests/test_persistence.py",
    "local_aws/tests/test_lambda_streams.py",
    "tiny_app",
    "local_aws/tests/test_lambda_sqs.py",
    "local_aws/tests/test_dynamodb_streams.py",
    "tests/e2e/test_todo_restart.py",
    "local_aws/tests/test_apigateway_deployments.py",
    "local_aws/tests/test_dynamodb_ttl.py",
    "tests/unit/blog/test_photos.py",
    "tests/unit/blog/pages/test_markdown.py",
    "local_aws/tests/test_cognito_sign_in.py",
    "local_aws/tests/test_function_interpreter.py",
    "tests/unit/test_bad_input.py",
    "tests/unit/deploy/test_makefile.py",
    "local_aws/tests/unit/test_redshift_sql.py",
    "local_aws/tests/unit/test_redshift_copy.py",
    "tests/unit/video/test_play_cost.py",
    "tests/unit/pipeline/warehouse/test_exactly_once.py",
)


def group(nodeid: str) -> str:
    """The group of a test: one process runs all tests of a group, one after another."""
    file = nodeid.partition("::")[0]
    return next((stage for path, stage in _STAGES.items() if file.startswith(path)), file)


def turn(nodeid: str) -> int:
    """When a test's group begins; groups of one turn begin in the order of their files."""
    name = group(nodeid)
    return _FIRST.index(name) if name in _FIRST else len(_FIRST)


def processes(cpus: int) -> int:
    """The number of processes for a number of CPUs: tests wait for a third of their time."""
    return max(2, cpus * 3 // 2)


class GroupScheduling(LoadScopeScheduling):
    """Groups by path.

    xdist's own marks for groups have no effect with pytest 9.2: https://github.com/pytest-dev/pytest-xdist/issues/1386
    """

    def _split_scope(self, nodeid: str) -> str:
        return group(nodeid)
