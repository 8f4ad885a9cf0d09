"""How is the event log laid out? Names of keys and the partition of a visitor, for those who append and those who read."""

import zlib

GROUP = "segue-store"  # the consumer group whose progress operators see


def partition_of(visitor: str, partitions: int) -> int:
    """The visitor's partition. crc32: stable in every language, and spread evenly over keyed hashes."""
    return zlib.crc32(visitor.encode()) % partitions


def log_key(partition: int) -> str:
    return f"segue:{{{partition}}}:log"


def epoch_key(partition: int) -> str:
    """Holds the identity of this log: set once when it is first used, gone when Redis was emptied."""
    return f"segue:{{{partition}}}:epoch"


def profile_key(partition: int, visitor: str) -> str:
    return f"segue:{{{partition}}}:profile:{visitor}"


def seen_key(partition: int, visitor: str) -> str:
    """Set of the messageIds of one visitor that the log has, for `DEDUPE_SECONDS`."""
    return f"segue:{{{partition}}}:seen:{visitor}"


def visitor_channel(partition: int, visitor: str) -> str:
    return f"segue:{{{partition}}}:visitor:{visitor}"
