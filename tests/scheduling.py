"""Which tests run in one process, and which of them begin first."""

from xdist.scheduler import LoadScopeScheduling

# What shares a deployed stage is a group. Every other file is one by itself.
_STAGES = {"tests/e2e/blog/": "every app", "tests/e2e/test_deploy.py": "every app", "tests/e2e/todo/": "todo_app"}


def group(nodeid: str) -> str:
    """The group of a test: one process runs all tests of a group, one after another."""
    file = nodeid.partition("::")[0]
    return next((stage for path, stage in _STAGES.items() if file.startswith(path)), file)


class GroupScheduling(LoadScopeScheduling):
    """Groups by path.

    xdist's own marks for groups have no effect with pytest 9.2: https://github.com/pytest-dev/pytest-xdist/issues/1386
    """

    def _split_scope(self, nodeid: str) -> str:
        return group(nodeid)
