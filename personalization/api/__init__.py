"""The management API: everything that the pages edit and show, for programs. One router in `urls`; `docs/api.md` tells
how to use it."""
