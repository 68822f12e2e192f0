"""Signs links with CloudFront's key."""

from collections.abc import Callable

from chalicelib.video.playback.cloudfront_signing import Signer, custom_policy


class ContentLinks:
    """A LinkSigner; `signer` returns the signer with the current key."""

    def __init__(self, signer: Callable[[], Signer]) -> None:
        self._signer = signer

    def signed_url(self, url: str, until: int, address: str | None) -> str:
        """Sign by a canned policy, which is shorter; an address needs a custom policy."""
        if address is None:
            return self._signer().signed_url(url, until)
        return self._signer().signed_url_by_policy(url, custom_policy(url, until, ip_address=address))

    def signed_cookies(self, resource: str, until: int, address: str | None) -> dict[str, str]:
        """Sign a custom policy: only these have wildcards."""
        return self._signer().signed_cookies_by_policy(custom_policy(resource, until, ip_address=address))
