"""What happens around every request: its body is bounded, and a line of the log tells of it."""

import asyncio
import logging
import time

from asgi_correlation_id import CorrelationIdFilter
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.problems import BodyTooLarge

_ACCESS = logging.getLogger("api.access")
_BODY_SECONDS = 30


class BoundedBody:
    """Refuses a body that is larger than `most` bytes (413), or that takes too long (408)."""

    def __init__(self, app: ASGIApp, most: int) -> None:
        self._app = app
        self._most = most

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Count what the app reads."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        read, complete = 0, False
        deadline = time.monotonic() + _BODY_SECONDS

        async def bounded() -> Message:
            nonlocal read, complete
            if complete:
                return await receive()
            try:
                async with asyncio.timeout(deadline - time.monotonic()):
                    message = await receive()
            except TimeoutError as error:
                raise HTTPException(
                    408, f"The body did not come within {_BODY_SECONDS} seconds"
                ) from error
            read += len(message.get("body", b""))
            complete = not message.get("more_body", False)
            if read > self._most:
                raise BodyTooLarge(self._most)
            return message

        await self._app(scope, bounded, send)


class AccessLog:
    """Writes one line for each answer: method, path, status and milliseconds."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Time the answer."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        began = time.perf_counter()
        status = 500

        async def noting(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self._app(scope, receive, noting)
        finally:
            _ACCESS.info(
                "%s %s %s %.0f ms", scope["method"], _as_sent(scope), status,
                1000 * (time.perf_counter() - began),
            )  # fmt: skip


def _as_sent(scope: Scope) -> str:
    """The path with its escapes, for what they stand for could begin a line of its own."""
    return bytes(scope.get("raw_path") or b"").decode("ascii", "backslashreplace")


def log_with_request_ids() -> None:
    """Have the API's loggers write to standard error, each line with its request's id."""
    logger = logging.getLogger("api")
    if logger.handlers:
        return
    handler = logging.StreamHandler()
    handler.addFilter(CorrelationIdFilter(uuid_length=36, default_value="-"))
    handler.setFormatter(
        logging.Formatter("%(asctime)s %(levelname)s %(name)s [%(correlation_id)s] %(message)s")
    )
    logger.addHandler(handler)
    logger.setLevel(logging.INFO)
    logger.propagate = False
