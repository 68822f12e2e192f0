"""Serves the embedded AWS's own pages on its port: its status (`/`) and the mailbox (`/mailbox?to=ADDRESS`).

`/mailbox` is a page for browsers and JSON for other clients; `/mailbox.json` is always JSON.

The pages answer only unsigned requests to local host names. Requests to these paths that an SDK has signed go to S3, as
on AWS: `/` lists the buckets, `/mailbox` is a bucket.
"""

from html import escape
from urllib.parse import parse_qs

from local_aws.settings import Settings
from local_aws.web.asgi import Reply, Scope, header, json_reply
from local_aws.web.fronts import Fronts, distribution_of
from local_aws.web.mail_page import STYLE, article
from local_aws.web.mailbox import mails
from local_aws.web.origins import has_local_host

_STYLE = f"""
:root {{ color-scheme: light dark; font: 16px/1.5 system-ui, sans-serif }}
body {{ max-width: 52rem; margin: 2rem auto; padding: 0 1rem }}
table {{ border-collapse: collapse }} th, td {{ text-align: left; padding: .25rem 1.25rem .25rem 0 }}
{STYLE}"""


# The mails of a page; the JSON has all.
_MAX_SHOWN = 200


class Pages:
    """Serves the pages."""

    def __init__(self, settings: Settings, fronts: Fronts) -> None:
        self._settings = settings
        self._fronts = fronts

    def reply(self, scope: Scope) -> Reply | None:
        """Answer a request; None when it is not for a page."""
        if scope["method"] not in ("GET", "HEAD") or not _is_unsigned_local(scope):
            return None
        query = parse_qs(scope.get("query_string", b"").decode("utf-8", "replace"))
        address = query.get("to", [None])[0]
        if scope["path"] == "/":
            return self._status()
        if scope["path"] == "/mailbox" and "text/html" in header(scope, "accept"):
            return _mailbox(address)
        if scope["path"] in ("/mailbox", "/mailbox.json"):
            return json_reply(200, [mail.as_json() for mail in mails(address)])
        return None

    def _status(self) -> Reply:
        fronts = "".join(
            f"<tr><td>{escape(front.app)}<td>{_link(f'http://localhost:{front.http_port}/')}"
            f"<td>{_link(f'https://localhost:{front.https_port}/')}"
            f"<td>{'deployed' if distribution_of(front.app) else 'not deployed yet'}"
            for front in self._fronts.all()
        )
        settings = self._settings
        return _page(
            "Embedded AWS",
            f"<p>Endpoint <code>{escape(settings.endpoint_url)}</code>, region {escape(settings.region)}."
            f"<p><a href='/mailbox'>Mailbox</a> ({len(mails())} mails)"
            f"<table><tr><th>App<th>http<th>https<th>{fronts}</table>"
            f"<p><small>https is signed by this machine's own authority, {escape(str(settings.state_dir / 'ca.pem'))}."
            "</small>",
        )


def _is_unsigned_local(scope: Scope) -> bool:
    signed = header(scope, "authorization") or b"X-Amz-" in scope.get("query_string", b"")
    # At `{label}.cloudfront.localhost` and `{id}.execute-api.localhost`, `/` is the distribution's or the API's.
    is_data_plane = header(scope, "host").partition(":")[0].endswith(".localhost")
    return not signed and not is_data_plane and has_local_host(scope) and not header(scope, "origin")


def _mailbox(address: str | None) -> Reply:
    received = mails(address)
    title = f"Mailbox of {address}" if address else "Mailbox"
    return _page(title, "".join(map(article, received[:_MAX_SHOWN])) or "<p>No mail yet.")


def _link(url: str) -> str:
    return f"<a href='{escape(url)}'>{escape(url)}</a>"


def _page(title: str, content: str) -> Reply:
    text = (
        f"<!doctype html><html lang='en'><meta charset='utf-8'><title>{escape(title)}</title>"
        f"<meta name='viewport' content='width=device-width'><style>{_STYLE}</style>"
        f"<body><h1>{escape(title)}</h1>{content}</body></html>"
    )
    return Reply(200, text.encode())
