"""Random numbers by subject: what is drawn for one subject never shifts what is drawn for another.

    streams = Streams(seed=1)
    streams("orders").exponential(3)         # the same three numbers, whatever else was drawn

Each subject has a generator of its own, seeded by the company's seed and the subject's name. A planted cause that takes
events away, or draws for itself, therefore leaves every other draw as it is.
"""

from __future__ import annotations

import zlib
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

# whole numbers: counts, moments, places of people; and places in a list of texts
Ints = npt.NDArray[np.integer]
Codes = npt.NDArray[np.integer]
Floats = npt.NDArray[np.floating]
Bools = npt.NDArray[np.bool_]


class Draws:
    """The random numbers of one subject."""

    def __init__(self, generator: np.random.Generator) -> None:
        self._generator = generator

    def uniform(self, size: int, low: float = 0.0, high: float = 1.0) -> Floats:
        """Numbers between `low` and `high`, all alike."""
        return low + (high - low) * self._generator.random(size)

    def chance(self, size: int, share: float | Floats) -> Bools:
        """True with the chance `share`."""
        return np.asarray(self._generator.random(size) < share)

    def exponential(self, size: int, mean: float | Floats = 1.0) -> Floats:
        """Waits with that mean."""
        return np.asarray(-np.log1p(-self._generator.random(size)) * mean)

    def normal(self, size: int, mean: float = 0.0, deviation: float = 1.0) -> Floats:
        """Numbers of the normal distribution."""
        return mean + deviation * self._generator.standard_normal(size)

    def gamma(self, size: int, shape: float, scale: float) -> Floats:
        """Numbers of the gamma distribution."""
        return self._generator.standard_gamma(shape, size) * scale

    def beta(self, size: int, a: float, b: float) -> Floats:
        """Numbers of the beta distribution."""
        return self._generator.beta(a, b, size)

    def poisson(self, mean: Floats) -> Ints:
        """A count for each mean."""
        return np.asarray(self._generator.poisson(mean), dtype=np.int64)

    def geometric(self, size: int, more: float, most: int) -> Ints:
        """Counts from 0 to `most`: each further one comes with the chance `more`."""
        waits = np.log1p(-self._generator.random(size)) / np.log(more)
        return np.asarray(np.minimum(waits.astype(np.int64), most))

    def whole(self, size: int, low: int, high: int) -> Ints:
        """Whole numbers from `low` to `high`, both included."""
        return low + (self._generator.random(size) * (high - low + 1)).astype(np.int64)

    def pick(self, size: int, weights: Sequence[float] | Floats) -> Codes:
        """Places in `weights`, each as often as it weighs."""
        bounds = np.cumsum(np.asarray(weights, dtype=np.float64))
        found = np.searchsorted(bounds, self._generator.random(size) * bounds[-1], side="right")
        return np.asarray(np.minimum(found, len(bounds) - 1).astype(np.int32))


class Streams:
    """The generators of a company, one for each subject."""

    def __init__(self, seed: int) -> None:
        self.seed = seed

    def __call__(self, subject: str) -> Draws:
        """The subject's own numbers, from their beginning."""
        words = [self.seed, zlib.crc32(subject.encode())]
        return Draws(np.random.Generator(np.random.PCG64(np.random.SeedSequence(words))))
