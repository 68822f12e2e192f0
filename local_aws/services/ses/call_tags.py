"""EmailTags: https://docs.aws.amazon.com/ses/latest/APIReference-V2/API_MessageTag.html."""

import re
from typing import Any

from local_aws.services.ses.refusals import bad_request

_TAG = re.compile(r"[A-Za-z0-9_.@-]{1,256}")
_MOST = 50


def message_tags(given: Any) -> dict[str, list[str]]:
    """A call's tags as events carry them.

    Raises
    ------
    Refusal
        One that SES does not take.
    """
    pairs = [(str(each.get("Name") or ""), str(each.get("Value") or "")) for each in given or ()]
    if len(pairs) > _MOST:
        raise bad_request(f"The number of tags must not exceed {_MOST}.")
    for name, value in pairs:
        for text in (name, value):
            if not _TAG.fullmatch(text):
                raise bad_request(
                    f"Invalid tag <{text}>: only ASCII letters, digits, '_', '-', '.' and '@' are allowed."
                )
    return {name: [value] for name, value in pairs}
