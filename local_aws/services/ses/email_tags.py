"""Reads EmailTags: https://docs.aws.amazon.com/ses/latest/APIReference-V2/API_MessageTag.html."""

import re
from typing import Any

from local_aws.services.ses.errors import bad_request

_TAG = re.compile(r"[A-Za-z0-9_.@-]{1,256}")
_MAX_TAGS = 50


def message_tags(tags: Any) -> dict[str, list[str]]:
    """Read a request's tags in the form that events have.

    Raises
    ------
    SesError
        SES does not accept a tag.
    """
    pairs = [(str(tag.get("Name") or ""), str(tag.get("Value") or "")) for tag in tags or ()]
    if len(pairs) > _MAX_TAGS:
        raise bad_request(f"The number of tags must not exceed {_MAX_TAGS}.")
    for name, value in pairs:
        for text in (name, value):
            if not _TAG.fullmatch(text):
                raise bad_request(
                    f"Invalid tag <{text}>: only ASCII letters, digits, '_', '-', '.' and '@' are allowed."
                )
    return {name: [value] for name, value in pairs}
