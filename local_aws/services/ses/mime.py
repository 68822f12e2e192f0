"""Mails as they are on the wire: read from Content.Raw, measured from Content.Simple."""

from email import message_from_bytes
from email.errors import MessageError
from email.message import EmailMessage
from email.policy import default
from email.utils import formataddr
from typing import Any, cast

from local_aws.services.ses.message import Message
from local_aws.services.ses.refusals import Refusal, bad_request

# SES, quotas: 40 MB after encoding. https://docs.aws.amazon.com/ses/latest/dg/quotas.html
MOST_BYTES = 40 * 1024 * 1024
# The test file of the anti-virus trade, in two parts so that no scanner takes this module for it.
_TEST_VIRUS = rb"X5O!P%@AP[4\PZX54(P^)7CC)7}$EICAR" + rb"-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*"
# SES's own; they steer the sending and are not sent.
_CONFIGURATION_SET, _TAGS = "x-ses-configuration-set", "x-ses-message-tags"
_OWN = "x-ses-"


def read(raw: bytes) -> Message:
    """The message of a raw mail, with the recipients and settings that its headers name.

    Raises
    ------
    Refusal
        It is larger than SES takes, or no mail.
    """
    check_size(len(raw) * 4 // 3)
    try:
        mail = message_from_bytes(raw, policy=default)
        headers = [(name, _one_line(value)) for name, value in mail.items()]
        text, html, attachments, infected = _parts(mail)
    except (MessageError, ValueError, LookupError, TypeError, IndexError) as error:
        raise Refusal("BadRequestException", f"The raw message cannot be read: {error}") from error
    named = {name.lower(): value for name, value in headers}
    if not named:
        raise bad_request("Missing required header 'From'.")
    return Message(
        source=next(iter(_addresses(mail, "from")), ""),
        to=_addresses(mail, "to"),
        cc=_addresses(mail, "cc"),
        bcc=_addresses(mail, "bcc"),
        reply_to=_addresses(mail, "reply-to"),
        subject=named.get("subject", ""),
        text=text,
        html=html,
        headers=[(name, value) for name, value in headers if _is_sent(name)],
        attachments=attachments,
        tags=_tags(named.get(_TAGS, "")),
        configuration_set=named.get(_CONFIGURATION_SET, ""),
        infected=infected,
    )


def size(message: Message, attachments: list[bytes]) -> int:
    """About how many bytes a message has on the wire, its contents in base64."""
    contents = [message.text.encode(), message.html.encode(), *attachments]
    return sum(len(content) * 4 // 3 for content in contents) + sum(len(n) + len(v) for n, v in message.headers)


def check_size(length: int, most: int = MOST_BYTES) -> None:
    """Refuse what is larger than SES takes."""
    if length > most:
        raise bad_request(f"Message length is more than {most} bytes long: '{length}'.")


def is_infected(contents: list[bytes]) -> bool:
    """Whether one of these has the anti-virus trade's test file in it."""
    return any(_TEST_VIRUS in content for content in contents)


def _parts(mail: EmailMessage) -> tuple[str, str, list[str], bool]:
    bodies = {"text/plain": "", "text/html": ""}
    attachments: list[str] = []
    contents: list[bytes] = []
    for part in mail.walk():
        if part.is_multipart():
            continue
        content = _content(part)
        contents.append(content if isinstance(content, bytes) else content.encode())
        kind = part.get_content_type()
        if part.get_content_disposition() == "attachment" or kind not in bodies:
            attachments.append(part.get_filename() or kind)
        elif isinstance(content, str):
            bodies[kind] = bodies[kind] or content
    return bodies["text/plain"], bodies["text/html"], attachments, is_infected(contents)


def _content(part: Any) -> str | bytes:
    content = part.get_payload(decode=True)
    if part.get_content_maintype() != "text" or not isinstance(content, bytes):
        return cast(bytes, content) or b""
    return content.decode(part.get_content_charset("utf-8"), "replace")


def _addresses(mail: EmailMessage, name: str) -> list[str]:
    """The addresses of a header; names that are not ASCII are encoded again, as a call would have them."""
    found = [each for header in mail.get_all(name, []) for each in header.addresses]
    return [formataddr((each.display_name, each.addr_spec)) for each in found]


def _is_sent(name: str) -> bool:
    return name.lower() != "bcc" and not name.lower().startswith(_OWN)


def _one_line(value: Any) -> str:
    return "".join(str(value).splitlines())


def _tags(text: str) -> dict[str, list[str]]:
    pairs = [pair.partition("=") for pair in text.split(",") if "=" in pair]
    return {name.strip(): [value.strip()] for name, _, value in pairs}
