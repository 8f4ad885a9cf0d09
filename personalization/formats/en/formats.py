"""How are dates written in the admin? As on every page of ours, with the name of the zone: 21 Nov 2026, 12:41 CET."""

DATE_FORMAT = SHORT_DATE_FORMAT = "j M Y"
DATETIME_FORMAT = SHORT_DATETIME_FORMAT = "j M Y, H:i T"
TIME_FORMAT = "H:i"
