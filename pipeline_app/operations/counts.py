"""Numbers of things in what tasks print."""


def counted(number: int, noun: str) -> str:
    """Write a number of things, such as `1 message` and `2 messages`."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
