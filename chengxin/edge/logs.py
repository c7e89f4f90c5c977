"""Structured logs: one JSON object a line, with the request id; pseudonyms only (D-41)."""

from __future__ import annotations

import logging
import sys
from typing import Any

import orjson
import structlog


def _line(_logger: Any, _name: str, event: structlog.typing.EventDict) -> str:
    return orjson.dumps(event, default=str).decode()


class StandardError:
    """Standard error as it is when a line is written: by then it may be another one than when logs were set up."""

    def write(self, text: str) -> int:
        """Write a text."""
        return sys.stderr.write(text)

    def flush(self) -> None:
        """Send what was written."""
        sys.stderr.flush()


def configure(*, level: str = "INFO") -> None:
    """Send structlog's and the standard library's logs to standard error as JSON lines."""
    out: Any = StandardError()
    shared: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
    ]
    structlog.configure(
        processors=[*shared, _line],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelNamesMapping()[level]),
        logger_factory=structlog.PrintLoggerFactory(out),
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(out)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[*shared, structlog.stdlib.add_logger_name],
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, _line],
        )
    )
    logging.basicConfig(handlers=[handler], level=level, force=True)
    logging.getLogger("django.server").setLevel("WARNING")
