"""What a log line says, and what it must not say."""

import io
import logging

import pytest
import structlog

from personalization import logs


@pytest.mark.parametrize("as_json", [True, False])
def test_a_traceback_shows_no_values(as_json):
    factory = logs.configure("INFO", as_json)["formatters"]["structured"]
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(
        factory["()"](processors=factory["processors"], foreign_pre_chain=factory["foreign_pre_chain"])
    )
    logger = logging.getLogger("tests.logs")
    logger.addHandler(handler)
    secret = "sk_of_" + "somebody"

    try:
        raise ValueError(f"a token of {len(secret)} characters")
    except ValueError:
        structlog.get_logger("tests.logs").exception("failed")
    logger.removeHandler(handler)

    assert "a token of 14 characters" in stream.getvalue()
    assert secret not in stream.getvalue()
