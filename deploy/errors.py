"""The errors of the tool. Each is printed as one message, without a traceback."""


class DeployError(Exception):
    """An error that the user can correct; its text says what is wrong and what to do."""


class StageNotUp(DeployError):
    """The stage is not deployed, or the embedded AWS does not run."""


class NotOurs(DeployError):
    """A resource with our name exists that this tool did not create."""


class CommandFailed(DeployError):
    """A child process or a CloudFormation operation failed."""


class NotConfirmed(DeployError):
    """The user did not confirm a change."""


class Locked(DeployError):
    """Another command has the lock of this checkout."""


def unusable_file(error: OSError) -> str:
    """Say in one line which file cannot be used, and why."""
    owner = ". Who owns it?" if isinstance(error, PermissionError) else ""
    return f"{error.filename} cannot be used: {error.strerror}{owner}"
