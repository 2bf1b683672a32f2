"""Which ids are one customer: a fold over what events said of ids, in the order of (time, message id).

    folded = fold(links, Rules())
    folded.customers["email:ann@example.com"].customer     # 'id:c17'

A link says that two ids are of one person. Links are taken in their order, so that the same set of links always gives
the same customers, however they arrived. A link between two ids counts at its first time; what
repeats it changes nothing. An alias and a person's word count every time.

What is known of somebody has a rank: 0 for visitors alone, 1 with an e-mail, telephone number or external id, 2 with a
user id. Visitors join whoever names them first; who is known by an e-mail alone joins the user who claims it. Two who
are known alike stay two, unless an alias, a rule or a person says that they are one.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Literal, cast

from tenure.warehouse.identity.rules import ANONYMOUS, EMAIL, OWN, PHONE, USER, Rules, kind_of, normal, value_of

How = Literal["named", "claimed", "alias", "hand", "undo"]
Why = Literal["own", "named", "claimed", "alias", "hand", "rule"]
Reason = Literal["blocked", "shared", "taken", "limit", "undone", "no alias"]

EXPLICIT = ("alias", "hand")
_TURN = {"undo": 0, "claimed": 1, "named": 5, "alias": 6, "hand": 7}
_CLAIM = {EMAIL: 0, PHONE: 1}


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """An event that says two ids are of one person, or (`undo`) that a link between them does not count.

    `first` is whom the event is of; `known` whether it was named as a user. A user named beside a visitor is `named`;
    `claimed` is what traits and external ids tell.
    """

    first: str
    second: str
    how: How
    known: bool
    time: int
    message_id: str

    @property
    def place(self) -> tuple[int, str]:
        """Its place among all events."""
        return self.time, self.message_id

    @property
    def pair(self) -> frozenset[str]:
        """The two ids."""
        return frozenset((self.first, self.second))


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """An id, the customer (an id, too) that it belongs to, and since which link; `because` is the id that joined it."""

    node: str
    kind: str
    customer: str
    time: int
    message_id: str
    why: Why
    because: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """A link that did not count, and why; `detail` is the customer that has the id, or the kind that is full."""

    link: Link
    reason: Reason
    detail: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Merge:
    """Two known customers who became one, and by which link; `rule` says that no call or person said so."""

    kept: str
    gone: str
    link: Link
    rule: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Folded:
    """What came of links: whose each id is, what was refused, and who was merged, in the order of events."""

    customers: Mapping[str, Identity]
    refused: tuple[Refusal, ...]
    merges: tuple[Merge, ...]
    shared: frozenset[str]


@dataclass(slots=True, eq=False)
class _Cluster:
    """A customer as far as it is known."""

    nodes: list[str]
    rank: int
    name: str | None
    born: tuple[int, str]
    counts: Counter[str] = field(default_factory=Counter)


class _Kinds:
    """What ids are, by how links name them."""

    def __init__(self, links: Collection[Link]) -> None:
        visitors = {one.second for one in links if one.how == "named"}
        visitors |= {one.first for one in links if one.how == "claimed" and not one.known}
        self._users = {one.first for one in links if one.known}
        self._users |= {one.second for one in links if one.how in EXPLICIT} - visitors
        # a user id that is an e-mail, say, is worth as much as that
        self._own = {
            one.first: kind_of(one.second) for one in links
            if one.how == "claimed" and normal(kind_of(one.second), value_of(one.first)) == value_of(one.second)
        }  # fmt: skip

    def kind(self, named: str) -> str:
        """The kind by which ids are counted; empty for one that is counted under its other form."""
        kind = kind_of(named)
        if kind != OWN:
            return kind
        if named in self._own:
            return ""
        return USER if named in self._users else ANONYMOUS

    def strength(self, named: str) -> int:
        """0 for visitors, 2 for users, 1 for the rest."""
        kind = self.kind(named)
        return 0 if kind == ANONYMOUS else 2 if kind == USER else 1


def first_of_each(links: Iterable[Link]) -> list[Link]:
    """The links that count, in their order: of those that say the same, the first."""
    found: dict[tuple[str, ...], Link] = {}
    for link in sorted(links, key=order):
        again = link.message_id if link.how in ("alias", "hand", "undo") else ""
        found.setdefault((link.first, link.second, link.how, str(link.known), again), link)
    return list(found.values())


def order(link: Link) -> tuple[int, str, int, int, str, str]:
    """The place of a link in the fold: by its event; inside one event what identifies better comes first."""
    return (*link.place, _TURN[link.how], _CLAIM.get(kind_of(link.second), 2), link.first, link.second)


def shared_of(links: Iterable[Link], rules: Rules) -> frozenset[str]:
    """The ids that too many others name: they are nobody's."""
    namers: defaultdict[str, set[str]] = defaultdict(set)
    for link in links:
        if link.how in ("named", "claimed"):
            namers[link.second].add(link.first)
    return frozenset(one for one, by in namers.items() if len(by) > rules.shared_by)


def fold(links: Collection[Link], rules: Rules, *, shared: frozenset[str] = frozenset()) -> Folded:
    """Whose each id is, by those links alone; `shared` are ids that are known to be nobody's."""
    return _Fold(links, rules, shared).folded()


class _Fold:
    def __init__(self, links: Collection[Link], rules: Rules, shared: frozenset[str]) -> None:
        self.links = first_of_each(links)
        self.rules = rules
        self.shared = shared | shared_of(links, rules)
        self.kinds = _Kinds(links)
        self.clusters: dict[str, _Cluster] = {}
        self.joined: dict[str, tuple[Link, Why, str]] = {}
        self.refused: list[Refusal] = []
        self.merges: list[Merge] = []
        self.undone: dict[frozenset[str], tuple[int, str]] = {}
        for link in self.links:
            if link.how == "undo":
                self.undone[link.pair] = link.place

    def folded(self) -> Folded:
        for link in self.links:
            self._take(link)
        customers = {}
        for named, cluster in self.clusters.items():
            link, why, because = self.joined[named]
            customer = cluster.name or named
            customers[named] = Identity(
                node=named, kind=self.kinds.kind(named) or kind_of(named), customer=customer, time=link.time,
                message_id=link.message_id, why="own" if customer == named else why, because=because,
            )  # fmt: skip
        return Folded(
            customers=customers, refused=tuple(self.refused), merges=tuple(self.merges), shared=self.shared
        )  # fmt: skip

    def _take(self, link: Link) -> None:
        ours, theirs = self._cluster(link.first, link), self._cluster(link.second, link)
        if ours is theirs or link.how == "undo":
            return
        why = self._why(link, ours, theirs)
        if isinstance(why, Refusal):
            self.refused.append(why)
            return
        if link.how != "hand":
            full = next((kind for kind, n in theirs.counts.items() if self._full(kind, n + ours.counts[kind])), None)
            if full is not None:
                self.refused.append(Refusal(link=link, reason="limit", detail=full))
                return
        self._unite(link, ours, theirs, why)

    def _why(self, link: Link, ours: _Cluster, theirs: _Cluster) -> Why | Refusal:
        """Why the two are one customer, or why they are not."""
        undone = self.undone.get(link.pair)
        # what is said again by an alias or a person after it was undone counts
        if undone is not None and (link.how not in EXPLICIT or link.place < undone):
            return Refusal(link=link, reason="undone")
        for one in (link.first, link.second):
            if self.rules.blocks(value_of(one)):
                return Refusal(link=link, reason="blocked", detail=one)
            if one in self.shared:
                return Refusal(link=link, reason="shared", detail=one)
        if link.how == "alias" and not self.rules.alias:
            return Refusal(link=link, reason="no alias")
        strengths = self.kinds.strength(link.first), self.kinds.strength(link.second)
        # an id that is an e-mail is the same person as that e-mail
        same = link.how == "claimed" and not self.kinds.kind(link.first) and min(ours.rank, theirs.rank) < 2
        if not min(ours.rank, theirs.rank) or same or (all(strengths) and ours.rank != theirs.rank):
            return cast(Why, link.how)
        if link.how == "hand" or (link.how == "alias" and all(strengths)):
            return link.how
        if self.kinds.kind(link.second) in self.rules.merge_on:
            return "rule"
        return Refusal(link=link, reason="taken", detail=theirs.name or link.second)

    def _full(self, kind: str, count: int) -> bool:
        return bool(kind) and count > self.rules.limit(kind)

    def _unite(self, link: Link, ours: _Cluster, theirs: _Cluster, why: Why) -> None:
        if ours.rank and theirs.rank:
            kept, gone = self._elder(ours, theirs) if why == "rule" else (ours, theirs)
            if ours.rank != theirs.rank:
                kept, gone = (ours, theirs) if ours.rank > theirs.rank else (theirs, ours)
            if kept.name and gone.name:
                self.merges.append(Merge(kept=kept.name, gone=gone.name, link=link, rule=why not in EXPLICIT))
        elif ours.rank != theirs.rank:
            kept, gone = (ours, theirs) if ours.rank > theirs.rank else (theirs, ours)
        else:
            kept, gone = self._elder(ours, theirs)
        because = link.first if kept is ours else link.second
        for named in gone.nodes:
            self.clusters[named] = kept
            self.joined[named] = (link, why, because)
        kept.nodes += gone.nodes
        kept.counts.update(gone.counts)
        kept.name = kept.name or gone.name
        kept.rank = max(map(self.kinds.strength, kept.nodes)) if kept.name else 0

    def _elder(self, ours: _Cluster, theirs: _Cluster) -> tuple[_Cluster, _Cluster]:
        """The two, first the one that is kept: who has a name, or was there first."""
        if (ours.name is None) != (theirs.name is None):
            return (ours, theirs) if theirs.name is None else (theirs, ours)
        return (ours, theirs) if ours.born <= theirs.born else (theirs, ours)

    def _cluster(self, named: str, link: Link) -> _Cluster:
        found = self.clusters.get(named)
        if found is None:
            own = kind_of(named) == OWN
            found = self.clusters[named] = _Cluster(
                [named], self.kinds.strength(named) if own else 0, named if own else None, link.place,
                Counter((self.kinds.kind(named),)),
            )  # fmt: skip
            self.joined[named] = (link, "own", named)
        return found
