"""Small companies of people with few ids: what their events say of ids, drawn and read the plain way."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from hypothesis import strategies as st

from tenure.events import Event
from tenure.warehouse.identity import Link

ACCOUNTS = ("acme", "beta")
USERS, VISITORS, MAILS = ("u1", "u2", "u3", "ann@x.org"), ("v1", "v2", "v3", "null"), ("ann@x.org", "bob@x.org")


@dataclass(frozen=True)
class Told:
    """One event: when, of whom, and what it says besides."""

    time: int
    user: str | None = None
    visitor: str | None = None
    email: str | None = None
    previous: str | None = None
    hand: bool = False
    undone: tuple[str, str] | None = None
    account: str | None = None
    group: bool = False
    leaves: bool = False

    @property
    def message_id(self) -> str:
        by_hand = "tenure:identity:" if self.hand or self.undone else ""
        parts = (self.user, self.visitor, self.email, self.previous, self.undone, self.account, self.group, self.leaves)
        said = "-".join(map(str, parts))
        return f"{by_hand}{self.time}-{said}"

    @property
    def event(self) -> Event:
        properties: dict[str, object] = {}
        name, sort = "Seen", "track"
        if self.group:
            name, sort = "Account Joined", "group"
        if self.leaves:
            name = "Account Removed User"
        if self.previous:
            name, sort, properties = "Identities Merged", "alias", {"previous_id": self.previous}
        if self.undone:
            name, sort = "Identities Separated", "alias"
            ends = dict(zip(("first", "second"), self.undone, strict=True))
            properties = {f"{end}_kind": one.partition(":")[0] for end, one in ends.items()}
            properties |= {f"{end}_id": one.partition(":")[2] for end, one in ends.items()}
        return Event(
            name=name, time=self.time, customer_id=self.user, anonymous_id=self.visitor, type=sort,
            properties=properties, traits={"email": self.email} if self.email else {}, message_id=self.message_id,
            account=self.account,
        )  # fmt: skip

    @property
    def own(self) -> str:
        """The id that it is of."""
        return str(self.user or self.visitor)

    def links(self) -> list[Link]:
        """What it says of ids, as the reference has it."""
        found = []

        def tell(first: str, second: str, how: str, known: bool = True) -> None:
            found.append(Link(first=first, second=second, how=how, known=known, time=self.time,  # type: ignore[arg-type]
                              message_id=self.message_id))  # fmt: skip

        if self.undone:
            tell(*self.undone, "undo")
        if self.user and self.visitor:
            tell(f"id:{self.user}", f"id:{self.visitor}", "named")
        for one in (self.user, self.previous):
            if one and "@" in one:
                tell(f"id:{one}", f"email:{one}", "claimed")
        if self.email:
            tell(f"id:{self.own}", f"email:{self.email}", "claimed", self.user is not None)
        if self.previous and self.previous != self.user:
            tell(f"id:{self.user}", f"id:{self.previous}", "hand" if self.hand else "alias")
        return found


def links_of(told: Sequence[Told]) -> list[Link]:
    """All that events say of ids."""
    return [link for one in told for link in one.links()]


times = st.integers(0, 8)
plain = st.builds(Told, time=times, user=st.sampled_from(USERS))
visits = st.builds(Told, time=times, visitor=st.sampled_from(VISITORS))
named = st.builds(Told, time=times, user=st.sampled_from(USERS), visitor=st.sampled_from(VISITORS))
mailed = st.builds(Told, time=times, user=st.sampled_from(USERS), email=st.sampled_from(MAILS))
subscribed = st.builds(Told, time=times, visitor=st.sampled_from(VISITORS), email=st.sampled_from(MAILS))
merged = st.builds(
    Told, time=times, user=st.sampled_from(USERS), previous=st.sampled_from((*USERS, "v1")), hand=st.booleans()
)  # fmt: skip
undone = st.builds(
    Told, time=times, user=st.sampled_from(USERS),
    undone=st.tuples(st.sampled_from([f"id:{one}" for one in USERS]), st.sampled_from([f"id:{one}" for one in USERS])),
)  # fmt: skip
anything = st.one_of(plain, visits, named, named, mailed, subscribed, merged, undone)
companies = st.lists(anything, max_size=10, unique_by=lambda one: one.message_id)
