"""Renders the mailbox as a page.

The content of a mail is not trusted. Text is escaped. HTML is shown in a sandboxed frame that runs no scripts and
submits no forms. The frame inherits the page's content security policy, so it loads no resources. Links open in a new
tab.
"""

import re
from html import escape

from local_aws.web.mailbox import Mail

STYLE = """
article { border-top: 1px solid #8886; padding: .75rem 0 } h2 { font-size: 1.1rem; margin: 0 }
pre { white-space: pre-wrap; overflow-wrap: anywhere; margin: .5rem 0; font: inherit }
iframe { width: 100%; height: 32rem; resize: vertical; border: 1px solid #8886; background: #fff }
dl { display: grid; grid-template-columns: max-content 1fr; gap: 0 1rem } dd { margin: 0; overflow-wrap: anywhere }
small { opacity: .75 } .missed { color: #c33 }
"""
_URL = re.compile(r"https?://[^\s<>\"'()\[\]{}]+[^\s<>\"'()\[\]{}.,;:!?]")
_FRAME = "<!doctype html><meta charset='utf-8'><base target='_blank'><meta name='referrer' content='no-referrer'>"
# No scripts, no forms, no origin; only links are allowed.
_SANDBOX = "allow-popups allow-popups-to-escape-sandbox"


def article(mail: Mail) -> str:
    """Render one mail."""
    recipients = escape(", ".join((*mail.to, *mail.cc)))
    return (
        f"<article><h2>{escape(mail.subject)}</h2>"
        f"<small>{escape(mail.sent)} · from {escape(mail.sender)} to {recipients}</small>"
        f"{_undelivered_to(mail)}{_body(mail)}{_headers(mail)}</article>"
    )


def _undelivered_to(mail: Mail) -> str:
    return "".join(
        f"<p class='missed'>Not delivered to {escape(address)}: {escape(why)}"
        for address, why in mail.undelivered.items()
    )


def _body(mail: Mail) -> str:
    text = f"<pre>{_linked(mail.text)}</pre>" if mail.text else ""
    if not mail.html:
        return text
    frame = f"<iframe sandbox='{_SANDBOX}' title='HTML' loading='lazy' srcdoc='{escape(_FRAME + mail.html)}'></iframe>"
    return frame + (f"<details><summary>Text</summary>{text}</details>" if text else "")


def _headers(mail: Mail) -> str:
    rows = [(header["name"], header["value"]) for header in mail.headers]
    rows += [(f"tag {name}", ", ".join(values)) for name, values in mail.tags.items()]
    rows += [("configuration set", mail.configuration_set)] if mail.configuration_set else []
    shown = "".join(f"<dt>{escape(name)}<dd>{_linked(value)}" for name, value in rows)
    return f"<details><summary>Headers</summary><dl>{shown}</dl></details>" if rows else ""


def _linked(text: str) -> str:
    """Escape a text, and make its URLs links."""
    shown, end = "", 0
    for match in _URL.finditer(text):
        url = escape(match[0])
        shown += f"{escape(text[end : match.start()])}<a href='{url}' target='_blank' rel='noreferrer'>{url}</a>"
        end = match.end()
    return shown + escape(text[end:])
