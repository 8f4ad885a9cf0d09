"""How many visitors were seen in more than one arm? They saw both, so whichever arm they count in is blurred. Pure."""

import msgspec

from campaigns.results.wording import percent

ALARM = 0.01  # of all visitors
NOTE = 0.001


class Crossover(msgspec.Struct, frozen=True):
    visitors: int  # who were exposed
    crossed: int  # of them, to more than one arm
    is_alarm: bool
    sentence: str

    @property
    def share(self) -> float:
        return self.crossed / self.visitors if self.visitors else 0.0


def check(visitors: int, crossed: int) -> Crossover:
    """An alarm above 1 %: effects are then pulled towards zero, and it shows that visitors are not known again."""
    share = crossed / visitors if visitors > 0 else 0.0
    is_alarm = share > ALARM
    return Crossover(visitors, crossed, is_alarm, _sentence(crossed, share))


def _sentence(crossed: int, share: float) -> str:
    if not crossed:
        return "Nobody was seen in more than one arm."
    seen = f"{percent(share)} of visitors ({crossed:,}) were seen in more than one arm"
    if share <= NOTE:
        return f"{seen}: too few to matter."
    if share <= ALARM:
        return f"{seen}: few enough that effects are hardly blurred."
    return f"{seen}: effects are blurred. Look for a hash seed that was changed, and for visitors known by several ids."
