"""An answer as a worker stores it: one of a simulated log."""


def _estimate(value: float, error: float | None = None) -> dict[str, float | None]:
    low, high = (value - 1.96 * error, value + 1.96 * error) if error else (None, None)
    return {"value": value, "error": error, "low": low, "high": high}


RESULT = {
    "live": _estimate(0.0712, 0.0023),
    "estimates": {
        "IPW": _estimate(0.0857, 0.0061),
        "SNIPW": _estimate(0.0861, 0.0052),
        "DM": _estimate(0.0858),
        "DR": _estimate(0.086, 0.00505),
        "Switch-DR": _estimate(0.086),
    },
    "best": "DR",
    "gain": _estimate(0.0148, 0.0041),
    "decisions": 12_345,
    "visitors": 678,
    "effective": 4_900.4,
    "rewarded": 388.8,
    "largest_weight": 2.67,
    "mean_weight": _estimate(1.0, 0.01),
    "unsupported": 0.0,
    "without_lot": 0.0,
    "left_out": {},
    "verdict": "better",
    "against": [],
    "words": [
        "The draft would have brought about 8.60 % a decision; what was live brought 7.12 %.",
        "With 95 % confidence the draft lies between 7.61 % and 9.59 %.",
        "It would have been better, by 0.68 % at least.",
        "Why not surer: the draft often differs from what was live, so that 12,345 decisions tell as much as 4,900 of"
        " its own. A test on some visitors tells more, sooner.",
    ],
    "arms": [
        {"arm": "a", "decisions": 8_640, "share": 0.7, "would": 0.2},
        {"arm": "b", "decisions": 3_705, "share": 0.3, "would": 0.8},
    ],
}
