"""HTTP by urllib3."""

from collections.abc import Mapping

import urllib3

from sync_client.api import Answer, Unreachable

SECONDS = urllib3.Timeout(connect=5, read=30)


class Urllib3Http:
    """Sends requests over kept connections; it follows no redirect, because the token goes to the API only."""

    def __init__(self, ca_file: str | None = None) -> None:
        self._pool = urllib3.PoolManager(ca_certs=ca_file, timeout=SECONDS, retries=False)

    def __call__(self, method: str, url: str, headers: Mapping[str, str], body: bytes) -> Answer:
        """Send one request, or raise Unreachable if there is no answer."""
        try:
            response = self._pool.request(method, url, headers=headers, body=body or None)
        except urllib3.exceptions.HTTPError as error:
            raise Unreachable(f"no answer from {url.partition('?')[0]}: {error}") from error
        names = {name.lower(): value for name, value in response.headers.items()}
        return Answer(response.status, names, response.data)
