"""Somebody who follows the feed, and knows nothing of the history but what stood there when they began."""

from __future__ import annotations

from tenure.lifecycle.feed import CAUSES, begin, feed_of, listed
from tenure.lifecycle.refresh import applied

from .harness import Engine

Move = tuple[str, int, str | None, str | None, int]


class Follower:
    """The moves that stand, by what the feed told."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.stand: set[Move] = set()
        self.seq = 0
        self.begun = False
        self.told: list[dict[str, object]] = []

    def begin(self) -> None:
        """Nothing; the feed is written from the next refresh on."""
        with self.engine.store.transaction() as connection:
            begin(connection)

    def follow(self, *, as_of: int) -> list[dict[str, object]]:
        """What the feed told since; adds up to the history after every refresh."""
        feed = feed_of(self.engine.connection)
        if feed is None:
            return []
        if not self.begun:
            self.begun, self.stand = True, self._history(as_of)
        fresh = listed(self.engine.connection, after=self.seq, limit=1_000_000).to_pylist()
        units = dict(self.engine.connection.execute("SELECT seq, unit FROM moves").fetchall())
        for row in fresh:
            assert row["cause"] in CAUSES
            if units[row["seq"]] is None:
                # all of it is another one now, and read anew
                assert row["cause"] == "definition"
                self.stand = {one for one in self.stand if one[0] != row["lifecycle"]}
                self.stand |= {one for one in self._history(as_of) if one[0] == row["lifecycle"]}
                continue
            move = (row["lifecycle"], units[row["seq"]], row["stage"], row["previous"], row["moved_at"])
            assert row["moved_at"] <= as_of
            if row["retracts"] is None:
                assert move not in self.stand
                self.stand.add(move)
            else:
                self._check_retracted(row)
                self.stand.remove(move)
        assert [row["seq"] for row in fresh] == list(range(self.seq + 1, self.seq + 1 + len(fresh)))
        self.seq += len(fresh)
        self.told += fresh
        assert self.stand == self._history(as_of)
        return fresh

    def _check_retracted(self, row: dict[str, object]) -> None:
        if not row["retracts"]:
            return
        earlier = next(one for one in self.told if one["seq"] == row["retracts"])
        assert earlier["retracts"] is None
        told = ("lifecycle", "stage", "previous", "moved_at")
        assert [earlier[name] for name in told] == [row[name] for name in told]

    def _history(self, as_of: int) -> set[Move]:
        """The moves that the stored history tells up to a moment."""
        names = {one.code: one for one in applied(self.engine.connection).values()}
        rows = self.engine.connection.execute(
            "SELECT lifecycle, unit, stage, previous, entered_at, left_at FROM stage_codes"
        ).fetchall()
        entered = {(code, unit, at) for code, unit, _, _, at, _ in rows}
        found: set[Move] = set()
        for code, unit, stage, previous, at, left in rows:
            one = names[code]
            if at <= as_of:
                before = None if previous is None else one.stages[previous]
                found.add((one.name, unit, one.stages[stage], before, at))
            if left is not None and left <= as_of and (code, unit, left) not in entered:
                found.add((one.name, unit, None, one.stages[stage], left))
        return found
