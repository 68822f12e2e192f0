"""A certificate that is no longer active ends the connections of its devices.

Within minutes of an update to another status than ACTIVE, AWS disconnects all devices that used the certificate
(https://docs.aws.amazon.com/iot/latest/apireference/API_UpdateCertificate.html); here it is at once. This MiniStack
checks the status only when a device connects.
"""

from collections.abc import Awaitable, Callable
from typing import Any

from ministack.services import iot

from local_aws.hooks import wraps


@wraps("ministack.services.iot:handle_request")
async def _handle_request(
    handle: Callable[..., Awaitable[Any]], method: str, path: str, headers: Any, body: bytes, query_params: Any
) -> Any:
    response = await handle(method, path, headers, body, query_params)
    if method == "PUT" and path.startswith("/certificates/"):
        record = iot._certificates.get(path.removeprefix("/certificates/"))
        if record is not None and record["status"] != "ACTIVE":
            await _disconnect(record["certificateId"])
    return response


async def _disconnect(certificate_id: str) -> None:
    for session in list(iot._connected_clients.values()):
        if session.certificate_id == certificate_id:
            session._forced_disconnect_reason = "CLIENT_ERROR"
            await session._send({"type": "websocket.close", "code": 1008})
