"""Bits: every comparison of the definitions is one, in words of whole numbers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from tenure.lifecycle.bound import Atom

WORD = 62  # bits a word
TRIED = "TRY("


@dataclass(frozen=True, slots=True)
class Change:
    """What a row does to a comparison: SQL of two truths that differ where it changes, after the row and before it."""

    atom: Atom
    now: str
    then: str = "FALSE"

    @property
    def tried(self) -> bool:
        """Whether one of the two may outgrow its digits."""
        return TRIED in self.now or TRIED in self.then

    def sql(self) -> str:
        """SQL of whether anything changes."""
        return f"coalesce({self.now}, FALSE) <> coalesce({self.then}, FALSE)"


@dataclass(frozen=True, slots=True)
class Bits:
    """Where each comparison's bit stands: its number, in words of 62."""

    numbers: Mapping[Atom, int]

    @property
    def words(self) -> int:
        """How many words the bits take."""
        return (len(self.numbers) + WORD - 1) // WORD or 1

    def word(self, atom: Atom) -> int:
        """The word of the comparison's bit."""
        return self.numbers[atom] // WORD

    def bit(self, atom: Atom) -> int:
        """The value of the comparison's bit in its word."""
        return 1 << (self.numbers[atom] % WORD)

    def told(self, changes: Sequence[Change]) -> str:
        """SQL of all words twice: as they are after a row (now0 …), and before it (then0 …)."""
        columns = []
        for place in range(self.words):
            here = [change for change in changes if self.word(change.atom) == place]
            columns.append(f"{self._sum([(change.atom, change.now) for change in here])} AS now{place}")
            columns.append(f"{self._sum([(change.atom, change.then) for change in here])} AS then{place}")
        return ", ".join(columns)

    def _sum(self, truths: Sequence[tuple[Atom, str]]) -> str:
        told = [f"CASE WHEN {sql} THEN {self.bit(atom)} ELSE 0 END" for atom, sql in truths if sql != "FALSE"]
        return " + ".join(told) or "0"

    def one(self, atom: Atom) -> str:
        """SQL of all words with the bit of one comparison set."""
        return ", ".join(
            f"{self.bit(atom) if place == self.word(atom) else 0} AS f{place}" for place in range(self.words)
        )

    def any(self) -> str:
        """SQL of the condition that some bit is set."""
        return " OR ".join(f"f{place} <> 0" for place in range(self.words))

    def columns(self) -> str:
        """The names of the words."""
        return ", ".join(f"f{place}" for place in range(self.words))
