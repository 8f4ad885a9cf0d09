"""Which site is the demo shop? Its fixed public key, and its record."""

WRITE_KEY = "wk_demo"  # fixed, so that the shop's pages and the simulator need no query
NAME = "Fernhill (demo shop)"
