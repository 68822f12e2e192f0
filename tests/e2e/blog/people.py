"""MyBlog's authors and readers: an API with a token, a browser without one, a mailbox."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import requests

from tests.e2e.local_stage import LocalStage

APP = "blog_app"


@dataclass
class Reader:
    """A reader with a browser and a mailbox."""

    stage: LocalStage

    @cached_property
    def site_url(self) -> str:
        return self.api_url.removesuffix("/api")

    @cached_property
    def api_url(self) -> str:
        return str(self.stage.document["apps"][APP]["api_url"])

    def page(self, path: str, **headers: str) -> requests.Response:
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        return requests.get(self.site_url + path, headers=sent, allow_redirects=False)

    def ask(self, method: str, path: str, **arguments: Any) -> requests.Response:
        url = path if path.startswith("http") else self.api_url + path
        return requests.request(method, url, allow_redirects=False, **arguments)

    def mails(self, address: str) -> list[dict[str, Any]]:
        response = requests.get(f"{self.stage.document['endpoint_url']}/mailbox", {"to": address})
        found: list[dict[str, Any]] = response.json()
        return found

    def has(self, path: str, text: str) -> Callable[[], bool]:
        """A condition to wait for: whether a page has a text."""
        return lambda: text in self.page(path).text


@dataclass
class Author(Reader):
    """A signed-in author."""

    user: str = "ada"

    @property
    def token(self) -> str:
        """A valid ID token."""
        return self.stage.token(APP, self.user)

    def call(self, method: str, path: str, body: Any = None, **headers: str) -> requests.Response:
        sent = {"Authorization": self.token} | {name.replace("_", "-"): value for name, value in headers.items()}
        return self.ask(method, path, json=body, headers=sent)

    def write(self, title: str, **fields: Any) -> dict[str, Any]:
        response = self.call("POST", "/author/posts", {"title": title, **fields})
        assert response.status_code == 201, response.text
        post: dict[str, Any] = response.json()
        return post

    def publish(self, title: str, **fields: Any) -> dict[str, Any]:
        post = self.write(title, **fields)
        response = self.call("POST", f"{post['url']}/publish", {})
        assert response.status_code == 200, response.text
        published: dict[str, Any] = response.json()
        return published
