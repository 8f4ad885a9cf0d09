"""What is everything called that we keep in Redis? One home for the names of keys and channels.

What belongs to one visitor carries the visitor's partition as hash tag, `{3}`: a cluster keeps it on one node, so that
one script may touch the log and the profile together. Pure.
"""

from hashlib import sha256

# Channel: "sites" when a site was saved, "release" when one went live; every edge process listens.
CHANGES = "segue:changes"
SITES = "segue:sites"  # the snapshots of all sites
TOKENS = "segue:tokens"  # hash: digest of a management token with the scope `explain` -> its site, 0 for every site
USED_UP = "segue:used_up"  # by site, the coupons of which nothing is left
ALLOTTED = "segue:allotted:"  # and a site's id: weights of its bandits, and arms that were set by hand
DEMO = "segue:demo"  # what the demo's simulated visitors are doing
DEMO_PAUSED = "segue:demo:paused"  # is there while they wait
METRICS = "segue:metrics"  # hash: process -> its share of the figures
JOBS = "segue:jobs"  # hash: name of a task -> when it last ended, how long it took and how it went
_DROPS = "segue:drops:"
_MOVING_DROPS = _DROPS + "moving:"
# Patterns of these names, for SCAN: hashes that are counted in, and hashes that are being moved into the table.
DROPS, MOVING_DROPS = _DROPS + "[0-9]*", _MOVING_DROPS + "*"


def drops(hour: int) -> str:
    """Hash: "<site>:<reason>" -> how many events of this hour (milliseconds) were dropped; the site is empty where the
    write key was unknown."""
    return f"{_DROPS}{hour}"


def moving_drops(hour: int, mover: str) -> str:
    """The same hash, set aside by the one who reads it, while counting goes on in a fresh one."""
    return f"{_MOVING_DROPS}{hour}:{mover}"


def hour_of_drops(key: str) -> int:
    """The hour (milliseconds) of a name that `drops` or `moving_drops` made."""
    start = _MOVING_DROPS if key.startswith(_MOVING_DROPS) else _DROPS
    return int(key.removeprefix(start).partition(":")[0])


def token_digest(secret: str) -> str:
    """The field of TOKENS, and what the table keeps of a management token: 64 hex digits. The secret has 256 random
    bits, so nothing is gained by guessing slowly."""
    return sha256(secret.encode()).hexdigest()


def live_release(site: int) -> str:
    """Holds the version of the release that visitors see."""
    return f"segue:release:{site}"


def release(site: int, version: str) -> str:
    """Holds one compiled release."""
    return f"segue:release:{site}:{version}"


def login_attempts(kind: str, digest: str) -> str:
    return f"segue:login:{kind}:{digest}"


def feed(user: int) -> str:
    """Hash: the log-ins of this person with which somebody may listen."""
    return f"segue:feed:{user}"


def log(partition: int) -> str:
    """Stream of the records of one partition."""
    return f"segue:{{{partition}}}:log"


def epoch(partition: int) -> str:
    """Holds the identity of this log: set once when it is first used, gone when Redis was emptied."""
    return f"segue:{{{partition}}}:epoch"


def dead(partition: int) -> str:
    """Stream of the records that could not be stored, each with its reason."""
    return f"segue:{{{partition}}}:dead"


def profile(partition: int, visitor: str) -> str:
    return f"segue:{{{partition}}}:profile:{visitor}"


def seen(partition: int, visitor: str) -> str:
    """What the names of the sets of one visitor's messageIds begin with; the number of a stretch of `DEDUPE_SECONDS`
    follows."""
    return f"segue:{{{partition}}}:seen:{visitor}"


def visitor(partition: int, visitor: str) -> str:
    """Channel: something was recorded of this visitor."""
    return f"segue:{{{partition}}}:visitor:{visitor}"


def allotted(site: int) -> str:
    return f"{ALLOTTED}{site}"
