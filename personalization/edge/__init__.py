"""Which requests never reach Django? The hot paths: small handlers on bytes, with one Redis connection and no
thread."""

from personalization.edge.application import Edge

__all__ = ["Edge"]
