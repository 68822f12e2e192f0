"""The HTTP server."""

import json
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import urlsplit

from local_payments import api, operator_api, pages, sessions
from local_payments.account import Account, Json, NoSuchObject
from local_payments.forms import MalformedForm, parsed
from local_payments.payments import Declined, NotAllowed
from local_payments.sender import Sender

HOST = "127.0.0.1"
_MAX_BYTES = 1024 * 1024
_ERRORS: dict[type[Exception], tuple[int, str, str]] = {
    NoSuchObject: (404, "invalid_request_error", "resource_missing"),
    NotAllowed: (400, "invalid_request_error", "resource_invalid_state"),
    api.Invalid: (400, "invalid_request_error", "parameter_invalid"),
    MalformedForm: (400, "invalid_request_error", "parameter_invalid"),
    KeyError: (400, "invalid_request_error", "parameter_missing"),
    ValueError: (400, "invalid_request_error", "parameter_invalid"),
    Declined: (402, "card_error", "card_declined"),
}


class PaymentServer(ThreadingHTTPServer):
    """The provider on one port of this machine; `start` also starts sending events."""

    daemon_threads = True
    # Whether it answers every request with 503, as an outage does.
    is_down = False

    def __init__(self, port: int, account: Account) -> None:
        super().__init__((HOST, port), _Handler)
        self.account = account
        self.sender = Sender(account)

    @property
    def url(self) -> str:
        """Where it is."""
        return f"http://{HOST}:{self.server_address[1]}"

    def serve(self) -> None:
        """Serve until `shutdown`, and send events."""
        self.sender.start()
        try:
            self.serve_forever(poll_interval=0.1)
        finally:
            self.sender.stop()
            self.server_close()


class _Handler(BaseHTTPRequestHandler):
    server: PaymentServer
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        self._answer()

    def do_POST(self) -> None:
        self._answer()

    def do_DELETE(self) -> None:
        self._answer()

    def log_message(self, format: str, *arguments: Any) -> None:
        """Log nothing: only errors are of interest."""

    def _answer(self) -> None:
        address = urlsplit(self.path)
        size = int(self.headers.get("Content-Length") or 0)
        if size > _MAX_BYTES:
            self.close_connection = True
            self._send_json(413, _error("invalid_request_error", "body_too_large", "The body is too large."))
            return
        text = self.rfile.read(size).decode()
        if self.server.is_down:
            self._send_json(503, _error("api_error", "unavailable", "This is an outage."))
            return
        account = self.server.account
        try:
            with account.lock:
                self._route(address.path, address.query, text)
                account.save()
        except tuple(_ERRORS) as error:
            status, kind, code = _ERRORS[type(error)] if type(error) in _ERRORS else _ERRORS[ValueError]
            self._send_json(status, _error(kind, code, str(error)))

    def _route(self, path: str, query: str, text: str) -> None:
        if path.startswith("/v1/"):
            self._call_api(path, parsed(text or query))
        elif self.command == "POST" and self._is_from_elsewhere():
            self._send_json(403, _error("invalid_request_error", "origin", "Pages of other sites may not do this."))
        elif path.startswith("/operator/") and self.command == "POST":
            self._operate(path, text)
        elif path.startswith("/c/pay/"):
            self._pay(path)
        elif path == "/" and self.command == "GET":
            self._send_page(200, pages.operator_page(self.server.account, held=self.server.sender.held))
        else:
            self._send_json(404, _error("invalid_request_error", "url", f"Unrecognized request URL ({path})."))

    def _call_api(self, path: str, fields: Json) -> None:
        if not (self.headers.get("Authorization") or "").startswith("Bearer sk_"):
            self._send_json(401, _error("invalid_request_error", "api_key", "Invalid API Key provided."))
            return
        account, key = self.server.account, self.headers.get("Idempotency-Key")
        # https://docs.stripe.com/api/idempotent_requests
        before = account.answers.get(key) if key else None
        if before is not None and before["fields"] != fields:
            message = "Keys for idempotent requests can only be used with the same parameters."
            self._send_json(400, _error("idempotency_error", "idempotency_key_in_use", message))
            return
        answer = before["answer"] if before else api.call(account, self.command, path, fields, self.server.url)
        if answer is None:
            self._send_json(404, _error("invalid_request_error", "url", f"Unrecognized request URL ({path})."))
            return
        if key:
            account.answers[key] = {"fields": fields, "answer": dict(answer)}
        self._send_json(200, answer)

    def _operate(self, path: str, text: str) -> None:
        is_json = (self.headers.get("Content-Type") or "").startswith("application/json")
        fields = (json.loads(text) if text else {}) if is_json else parsed(text)
        done = operator_api.call(self.server.account, self.server.sender, path, fields)
        if done is None:
            self._send_json(404, _error("invalid_request_error", "url", f"Unrecognized request URL ({path})."))
        elif "text/html" in (self.headers.get("Accept") or ""):
            self._redirect("/")
        else:
            self._send_json(200, done)

    def _pay(self, path: str) -> None:
        _, _, _, session_id, *action = path.split("/")
        account = self.server.account
        session = account.get(session_id, "checkout.session")
        if self.command == "POST" and action == ["pay"]:
            try:
                self._redirect(sessions.complete(account, session_id)["success_url"])
            except NotAllowed:
                self._send_page(409, pages.payment_page(account, session))
        elif self.command == "POST" and action == ["decline"]:
            message = "The bank has declined the payment. You can try again."
            self._send_page(402, pages.payment_page(account, session, message))
        else:
            self._send_page(200, pages.payment_page(account, session))

    def _is_from_elsewhere(self) -> bool:
        """Whether a page of another site sends this, which a browser tells by these headers."""
        ours = (self.server.url, self.server.url.replace(HOST, "localhost"))
        origin, host = self.headers.get("Origin"), self.headers.get("Host")
        return origin not in (None, *ours) or f"http://{host}" not in ours

    def _redirect(self, url: str) -> None:
        self._send(303, b"", "text/plain", Location=url)

    def _send_page(self, status: int, text: str) -> None:
        self._send(status, text.encode(), "text/html; charset=utf-8")

    def _send_json(self, status: int, content: Json) -> None:
        self._send(status, json.dumps(content, indent=2).encode() + b"\n", "application/json")

    def _send(self, status: int, body: bytes, content_type: str, **headers: str) -> None:
        self.send_response(status)
        security = {
            "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'",
            "Cache-Control": "no-store",
            "X-Content-Type-Options": "nosniff",
        }
        for name, value in {"Content-Type": content_type, **security, **headers}.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


def _error(kind: str, code: str, message: str) -> Json:
    """https://docs.stripe.com/api/errors"""
    return {"error": {"type": kind, "code": code, "message": message}}
