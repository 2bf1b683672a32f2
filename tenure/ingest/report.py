"""What an import did, file by file."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from tenure.warehouse.store import Change


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """How far an import is: rows read of the file so far, of `total` where the file tells."""

    source: str
    file: str
    rows: int
    total: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class FileReport:
    """What became of one file.

    `lines` rows were read, those that `where` leaves out aside, and made `read` events; these were `loaded`, known
    already (`duplicates`), known with other content (`changed`, of which `changes` shows three), or rejected, with the
    reasons in `rejected`. `unchanged` files were not read again.
    """

    file: str
    unchanged: bool = False
    lines: int = 0
    read: int = 0
    loaded: int = 0
    duplicates: int = 0
    changed: int = 0
    replaced: int = 0
    changes: tuple[Change, ...] = ()
    rejected: dict[str, int] = field(default_factory=dict)
    nonexistent_times: int = 0
    ambiguous_times: int = 0
    future: int = 0
    first_time: int | None = None
    last_time: int | None = None
    dropped_values: int = 0
    new_customers: int = 0
    redefined: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadReport:
    """What became of a source's files."""

    source: str
    on_change: str
    files: tuple[FileReport, ...]
    zone: str = "UTC"

    @property
    def lines(self) -> int:
        """The rows of the files, those that `where` leaves out aside."""
        return sum(file.lines for file in self.files)

    @property
    def read(self) -> int:
        """The events that the rows make: one each, or one a group."""
        return sum(file.read for file in self.files)

    @property
    def loaded(self) -> int:
        """The events that are new."""
        return sum(file.loaded for file in self.files)

    @property
    def duplicates(self) -> int:
        """The rows that were loaded before, as they are."""
        return sum(file.duplicates for file in self.files)

    @property
    def changed(self) -> int:
        """The rows that were loaded before with other content."""
        return sum(file.changed for file in self.files)

    @property
    def rejected(self) -> dict[str, int]:
        """The rows that could not be loaded, by reason."""
        reasons: dict[str, int] = {}
        for file in self.files:
            for reason, count in file.rejected.items():
                reasons[reason] = reasons.get(reason, 0) + count
        return reasons

    @property
    def unchanged(self) -> int:
        """The files that were not read again."""
        return sum(file.unchanged for file in self.files)

    @property
    def warnings(self) -> tuple[str, ...]:
        """What a person should look at, one sentence each."""
        return tuple(self._warnings())

    def _warnings(self) -> Iterator[str]:
        rejected = sum(self.rejected.values())
        if rejected:
            reasons = ", ".join(f"{reason} ({count:,})" for reason, count in self.rejected.items())
            yield f"{_rows(rejected)} of {self.source} rejected: {reasons}. See `tenure rejected`."
        if self.changed:
            done = {
                "reject": "Rejected (on_change: reject).",
                "replace": "Put in the place of what was there (on_change: replace).",
                "keep": "What was there is kept (on_change: keep).",
            }[self.on_change]
            changes = [change for file in self.files for change in file.changes][:3]
            shown = "; ".join(f"{change.message_id}: {change.was} is now {change.now}" for change in changes)
            redefined = " The source's definition is not the one of the last import." if self._redefined else ""
            yield f"{_rows(self.changed)} of {self.source} loaded before with other content: {shown}. {done}{redefined}"
        future = sum(file.future for file in self.files)
        if future:
            lie = (
                "lies in the future; it counts from its" if future == 1 else "lie in the future; they count from their"
            )
            yield f"{_rows(future)} of {self.source} {lie} time on."
        skipped = sum(file.nonexistent_times for file in self.files)
        if skipped:
            yield f"{_rows(skipped)} of {self.source} with a time that {self.zone} skipped: moved forward by the gap."
        twice = sum(file.ambiguous_times for file in self.files)
        if twice:
            yield f"{_rows(twice)} of {self.source} with a time that {self.zone} had twice: taken as the first."
        dropped = sum(file.dropped_values for file in self.files)
        if dropped:
            values = f"{dropped:,} value{'s' if dropped != 1 else ''}"
            yield f"{values} of {self.source} left out: NaN or infinity is no number."

    @property
    def _redefined(self) -> bool:
        return any(file.redefined for file in self.files)


def _rows(count: int) -> str:
    return f"{count:,} row{'s' if count != 1 else ''}"
