"""What people write beside a score, in sentences that fit it: put together from what it is about and how it was."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from tenure.simulate.columns import Coded
from tenure.simulate.draws import Bools, Codes, Draws

REASONS = ("late", "quality", "price", "service", "delight", "use")
LATE, QUALITY, PRICE, SERVICE, DELIGHT, USE = range(len(REASONS))
BAD, FAIR, GOOD = range(3)
_EACH = 4

# by reason: what is written when it went badly, fairly and well
_SAID: tuple[tuple[tuple[str, ...], ...], ...] = (
    (
        (
            "The parcel came days after the promised date.", "It was late, and nobody told me.",
            "I waited more than a week for my order.", "The delivery was far too late.",
        ),
        (
            "It came a little late.", "The delivery took longer than it said.", "A day or two late, but complete.",
            "I had expected it earlier.",
        ),
        (
            "It was late, but you made up for it.", "A late parcel, a kind apology.", "Late for once, otherwise fine.",
            "The wait was worth it.",
        ),
    ),
    (
        (
            "One item was broken when it came.", "The quality is not what it was.", "It stopped working after a week.",
            "Not at all as described.",
        ),
        (
            "The quality is all right for the price.", "It does what it should, no more.",
            "One small fault, otherwise fine.", "Some things are better made than others.",
        ),
        (
            "Very well made.", "The quality convinces me every time.", "Better than I had expected.",
            "Solid, and it lasts.",
        ),
    ),
    (
        (
            "Too expensive for what it is.", "Prices went up again, and I see no reason.",
            "I found it cheaper elsewhere.", "The extra charges were a surprise.",
        ),
        (
            "Not cheap, but fair.", "The price is just about right.", "I would buy more if it cost less.",
            "It costs what it costs elsewhere.",
        ), ("Good value for money.", "A fair price for what I get.", "Worth every penny.", "The price is right."),
    ),
    (
        (
            "Nobody answered my question.", "I had to ask three times.", "The answer did not help me at all.",
            "I was sent from one person to the next.",
        ),
        (
            "The answer came, after some days.", "Friendly, but slow.", "It was settled in the end.",
            "Support could be quicker.",
        ),
        (
            "A quick and friendly answer.", "Somebody really cared.", "The people are helpful.",
            "My problem was solved within an hour.",
        ),
    ),
    (
        ("I had hoped for more.", "It disappointed me this time.", "Not again, I think.", "It used to be better."),
        ("It is fine.", "Nothing to complain about.", "As expected.", "All in all satisfied."),
        (
            "I tell all my friends about it.", "A pleasure from start to end.", "Everything was just right.",
            "I would not want to be without it.",
        ),
    ),
    (
        (
            "It is hard to use.", "I could not get it to do what I need.", "It was down when I needed it.",
            "Setting it up took far too long.",
        ),
        (
            "It takes some time to find things.", "Useful, once you know how.", "It does the job on most days.",
            "The basics work.",
        ),
        (
            "It saves me hours every week.", "Easy to use from the first day.", "The whole team works with it.",
            "It does exactly what we need.",
        ),
    ),
)  # fmt: skip
_ENDS: tuple[tuple[str, ...], ...] = (
    ("", " I will look elsewhere.", " Please do something about it.", " That must not happen again."),
    ("", " We shall see.", " There is room for more.", " I may come back."),
    ("", " Thank you!", " Keep it up.", " I will be back."),
)
TEXTS = tuple(
    f"{sentence}{end}" for bands in _SAID for band, said in enumerate(bands) for sentence in said for end in _ENDS[band]
)


def comments(draws: Draws, reason: npt.NDArray[np.integer], band: npt.NDArray[np.integer], said: Bools) -> Coded:
    """A comment for each row about `reason` in the mood of `band`; none where not `said`."""
    size = len(reason)
    sentence, end = draws.pick(size, np.ones(_EACH)), draws.pick(size, [4, 2, 2, 2])
    places = ((reason * 3 + band) * _EACH + sentence) * _EACH + end
    return Coded(np.where(said, places, -1), TEXTS)


def band(score: Codes, low: int, high: int) -> Codes:
    """BAD up to `low`, GOOD from `high` on, FAIR between."""
    return np.where(score <= low, BAD, np.where(score >= high, GOOD, FAIR)).astype(np.int32)
