"""One of our functions or values on one MiniStack name, and how it takes the name."""

import functools
from dataclasses import dataclass
from typing import Any

from local_aws.hooks.target import Target


@dataclass(frozen=True)
class Hook:
    """One of our functions or values on one MiniStack name."""

    target: Target
    value: Any
    wraps: bool
    # The module that declares it, without `local_aws.`
    module: str

    def install(self) -> None:
        """Put the value in place; a wrapper gets what stood there before."""
        if self.wraps:
            wrapped = self.target.value()
            self.target.set(functools.update_wrapper(functools.partial(self.value, wrapped), wrapped))
        else:
            self.target.set(self.value)
