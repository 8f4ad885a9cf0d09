"""How much is remembered at most? So that no stream of events, however hostile, grows a profile beyond a few kilobytes.

A bound on what is remembered never bounds a sum: what no longer has a place of its own stays in the sums.
"""

from sites.times import DAY_MS

MAX_PAST_SESSIONS = 24
MAX_ITEMS = 20
MAX_LINES = 20
MAX_OPEN_PAGES = 6
MAX_SESSION_CATEGORIES = 12
MAX_CATEGORIES = 24
MAX_ORDERS = 200
MAX_BOUGHT = 50  # items of all orders together; each takes its key and a byte
MAX_TERMS = 5
MAX_TRAITS = 64
MOST_TRAIT_BYTES = 256  # of a trait's value, encoded
MAX_SHOWN = 200
MAX_ENGAGEMENTS = 8
MAX_KEPT = 40  # arms that were drawn to be kept; some 25 bytes each
MAX_TRAIL = 30  # some 25 bytes a step; 97 of 100 sessions in three public clickstreams are not longer
TEXT = 64
ORDER_ID = 40
MOST_MINOR = 10**12
MOST_QUANTITY = 9_999
MOST_DWELL_MS = DAY_MS
MOST_REPORT = 100_000
MOST_EXACT = 2**53  # JavaScript's; from 10**16 on a number may come back from Postgres as 10...0 where it was 1e300
MOST_SUM = 2**60  # the encoding ends at 2**64
