"""What can stop the tool. Each is printed as one message, without a trace."""


class DeployError(Exception):
    """Something the user can act on; its text says what is wrong and what to do."""


class StageNotUp(DeployError):
    """The stage is not deployed, or the embedded AWS does not run."""


class NotOurs(DeployError):
    """Something with our name exists that this tool did not make."""


class CommandFailed(DeployError):
    """A program that we started ended with an error."""
