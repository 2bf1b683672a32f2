"""Actions in a workspace: begun once, held-out people left alone, consent kept, lift found again."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from pathlib import Path
from random import Random

import numpy as np
import pyarrow as pa
import pytest

from tenure.engage.action import split
from tenure.engage.consent import consents, standing, words_of
from tenure.errors import UsageError
from tenure.events import Event
from tenure.workspace import Workspace
from tenure.workspace.actions import done_and_lift
from tenure.workspace.calendar import named_period

from .conftest import DAY, NOW, START, bought, known

PEOPLE = tuple(f"c{n:03}" for n in range(200))
AT = "2024-06-01T00:00:00Z"


def begin(ws: Workspace, name: str = "June", people: object = PEOPLE, **settings: object):
    told = {"goal": "order", "share": "0.2", "at": AT, **settings}
    return ws.actions.start(name, people, **told)  # type: ignore[arg-type]


def arms(ws: Workspace, action: str) -> dict[str, str]:
    rows = (
        ws._store.connection()
        .execute("SELECT user_id, properties FROM events WHERE name = 'Action Started'")
        .fetchall()
    )
    told = [(who, json.loads(properties)) for who, properties in rows]
    return {who: properties["arm"] for who, properties in told if properties["action"] == action}


def test_everybody_on_the_list_gets_an_event(shop: Workspace) -> None:
    known(shop, *PEOPLE)
    started = begin(shop, days=14, owner="ann", note="10 % off", listed="everybody")
    parts = split("june", PEOPLE, Decimal("0.2"))
    assert (started.begun.treated, started.begun.held_out) == (len(parts.treated), len(parts.held_out))
    told = arms(shop, "june")
    assert {who for who, arm in told.items() if arm == "treated"} == set(parts.treated)
    assert {who for who, arm in told.items() if arm == "held_out"} == set(parts.held_out)
    assert shop.pending == len(PEOPLE)


def test_the_definition_is_read_back_from_the_events_alone(shop: Workspace) -> None:
    known(shop, *PEOPLE)
    started = begin(
        shop, days=14, owner="ann", note="10 % off", listed="everybody", kind="tasks", goal="nps.score", share="0.25"
    )
    assert shop.actions.result("June").begun == started.begun
    assert started.begun.action.goal.where == "survey == 'nps'"
    assert started.begun.action.goal.values == ("score",)


def test_beginning_twice_adds_nothing(shop: Workspace) -> None:
    known(shop, *PEOPLE)
    first = begin(shop)
    events = shop.checkup().events
    again = begin(shop, people=PEOPLE[:50], at=None)
    assert again.again and not first.again and again.begun == first.begun
    assert shop.checkup().events == events


@pytest.mark.parametrize(
    ("settings", "what"), [({"days": 31}, "number of days"), ({"goal": "signup"}, "goal"), ({"share": 0.1}, "share")]
)
def test_a_name_is_given_once(shop: Workspace, settings: dict[str, object], what: str) -> None:
    known(shop, *PEOPLE)
    begin(shop)
    with pytest.raises(UsageError, match=f"already, with another {what}"):
        begin(shop, **settings)
    with pytest.raises(UsageError, match="called 'June'"):
        begin(shop, name="june!")


def test_a_preview_writes_nothing(shop: Workspace) -> None:
    known(shop, *PEOPLE)
    events = shop.checkup().events
    seen = shop.actions.preview("June", PEOPLE, goal="order", share="0.2", at=AT)
    assert shop.checkup().events == events and shop.actions.list() == ()
    assert begin(shop).begun == seen.begun


def test_goals_count_after_the_start_until_the_end(shop: Workspace) -> None:
    people = PEOPLE[:40]
    known(shop, *people)
    begin(shop, people=people, days=10, share="0.5")
    parts = split("june", people, Decimal("0.5"))
    one, two, three, four = parts.treated[:4]
    shop.record([
        bought(one, START), bought(one, START + 10 * DAY + 1), bought(two, START + 1), bought(two, START + 2, 5),
        bought(three, START + 10 * DAY), bought(four, START - 1), bought(parts.held_out[0], START + DAY, "7.50"),
    ])  # fmt: skip
    found = shop.actions.result("june")
    assert found.finished
    assert (found.lift.treated.converted, found.lift.treated.value) == (2, Decimal(45))
    assert (found.lift.held_out.converted, found.lift.held_out.value) == (1, Decimal("7.5"))
    values = np.zeros(len(parts.treated))
    values[:2] = 25, 20
    assert found.lift.treated.variance == pytest.approx(values.var(ddof=1))
    early = shop.actions.result("june", as_of="2024-06-03T00:00:00Z")
    assert not early.finished and early.verdict == "too_early"
    assert early.lift.treated.converted == 1
    with pytest.raises(UsageError, match="no action"):
        shop.actions.result("june", as_of="2024-05-31")


def test_the_goal_may_be_weighed_by_another_property(shop: Workspace) -> None:
    known(shop, *PEOPLE)
    begin(shop, goal="order.margin", share="0.5")
    who = split("june", PEOPLE, Decimal("0.5")).treated[0]
    shop.record([bought(who, START + DAY, 20, margin="3.5")])
    assert shop.actions.result("june").lift.treated.value == Decimal("3.5")
    begin(shop, name="Visits", goal="visit")
    assert shop.actions.result("visits").lift.treated.value is None


def test_several_actions_at_once(shop: Workspace) -> None:
    known(shop, *PEOPLE)
    for name, goal, share in (
        ("June", "order", "0.2"),
        ("Second", "signup", "0.5"),
        ("2024", "Order Completed", "0.3"),
    ):
        begin(shop, name=name, goal=goal, share=share)
    shop.record([bought(who, START + DAY) for who in PEOPLE[:60]])
    found = {one.action.id: one.lift for one in shop.actions.list()}
    for name, share in (("june", "0.2"), ("2024", "0.3")):
        parts = split(name, PEOPLE, Decimal(share))
        assert found[name].treated.converted == len(set(parts.treated) & set(PEOPLE[:60]))
        assert found[name].held_out.people == len(parts.held_out)
    assert found["second"].treated.converted == 0


def test_a_planted_effect_is_found_again(shop: Workspace) -> None:
    people = [f"p{n}" for n in range(3000)]
    known(shop, *people)
    begin(shop, people=people, share="0.3")
    parts = split("june", people, Decimal("0.3"))
    random = Random(4)
    shop.record(
        bought(who, START + random.randrange(1, 30 * DAY), random.randrange(10, 50))
        for side, rate in ((parts.treated, 0.30), (parts.held_out, 0.20))
        for who in side
        if random.random() < rate
    )
    found = shop.actions.result("june")
    assert found.verdict == "more"
    assert found.lift.low is not None and found.lift.high is not None
    assert found.lift.low <= 0.1 <= found.lift.high
    assert found.lift.value_low is not None and found.lift.value_high is not None
    assert found.lift.value_low <= 3 <= found.lift.value_high
    # as SQL and as arithmetic
    converted = {row[0] for row in shop._store.connection().execute(
        f"SELECT user_id FROM events WHERE name = 'Order Completed' AND time > {START}").fetchall()}  # fmt: skip
    assert found.lift.treated.converted == len(converted & set(parts.treated))


def test_those_held_out_are_on_no_list(shop: Workspace) -> None:
    known(shop, *PEOPLE)
    begin(shop)
    rows = shop.actions.download("june")
    parts = split("june", PEOPLE, Decimal("0.2"))
    assert sorted(rows["customer_id"].to_pylist()) == sorted(parts.treated)
    first = rows.to_pylist()[0]
    assert first["email"] == f"{first['customer_id']}@shop.example"
    assert rows.column_names == ["customer_id", "email", "stage", "money"]


def test_lists_of_all_kinds(shop: Workspace) -> None:
    known(shop, *PEOPLE[:3])
    shop.record([Event(name="Signed Up", time=START, customer_id="boss", traits={"staff": "yes"})])
    shop.refresh()
    table = pa.table({"customer_id": [*PEOPLE[:3], PEOPLE[0]], "money": [1, 2, 3, 1]})
    one = shop.actions.preview("a", table, goal="order")
    assert (one.begun.treated + one.begun.held_out, one.unknown) == (3, 0)
    two = shop.actions.preview("b", iter([PEOPLE[0], "nobody", "boss", ""]), goal="order")
    assert (two.begun.treated + two.begun.held_out, two.unknown) == (1, 2)
    with pytest.raises(UsageError, match="Nobody on the list is known"):
        shop.actions.preview("c", ["nobody"], goal="order")
    with pytest.raises(UsageError, match="nobody on the list"):
        shop.actions.preview("c", [], goal="order")
    with pytest.raises(UsageError, match="no column customer_id"):
        shop.actions.preview("c", pa.table({"id": [1]}), goal="order")


def test_what_cannot_be_asked(shop: Workspace) -> None:
    known(shop, *PEOPLE[:3])
    with pytest.raises(UsageError, match="Did you mean 'order'"):
        shop.actions.preview("a", PEOPLE, goal="ordr")
    with pytest.raises(UsageError, match="names no property"):
        shop.actions.preview("a", PEOPLE, goal="order.")
    with pytest.raises(UsageError, match="still to come"):
        shop.actions.preview("a", PEOPLE, goal="order", at="2025-01-01")
    with pytest.raises(UsageError, match="There is no action 'a'"):
        shop.actions.download("a")


# consent


def consent(name: str, who: str, at: int, **properties: object) -> Event:
    return Event(name=name, time=at, customer_id=who, properties=properties)


def test_those_without_consent_are_left_out_before_the_lots_are_drawn(shop: Workspace) -> None:
    known(shop, *PEOPLE)
    willing = PEOPLE[:120]
    shop.record(consent("Consent Given", who, START - DAY, channel="Email") for who in willing)
    shop.record(consent("Unsubscribed", who, START - DAY) for who in PEOPLE[100:150])
    started = begin(shop, channel="email")
    assert started.begun.left_out == 100
    assert set(arms(shop, "june")) == set(PEOPLE[:100])
    assert set(arms(shop, "june")) == set(split("june", PEOPLE[:100], Decimal("0.2")).treated) | set(
        split("june", PEOPLE[:100], Decimal("0.2")).held_out
    )
    lenient = begin(shop, name="July", channel="e-mail", consent="not_withdrawn")
    assert lenient.begun.left_out == 50


def test_whoever_takes_the_consent_back_is_on_no_list_and_counts_all_the_same(shop: Workspace) -> None:
    known(shop, *PEOPLE)
    shop.record(consent("Subscribed", who, START - DAY) for who in PEOPLE)
    begin(shop, channel="email")
    treated = split("june", PEOPLE, Decimal("0.2")).treated
    shop.record(
        [consent("Consent Withdrawn", treated[0], START + DAY), consent("Message Complained", treated[1], START)]
    )
    rows = shop.actions.download("june")
    assert set(treated) - set(rows["customer_id"].to_pylist()) == set(treated[:2])
    assert set(rows["consent_email"].to_pylist()) == {"yes"}
    assert shop.actions.result("june").lift.treated.people == len(treated)
    begin(shop, name="Calls")
    words = dict(zip(*(shop.actions.download("calls")[one].to_pylist() for one in ("customer_id", "consent_email")),
                     strict=True))  # fmt: skip
    assert all(words[who] == "no" for who in treated[:2] if who in words)


def test_a_channel_of_which_nothing_is_known(shop: Workspace) -> None:
    known(shop, *PEOPLE)
    with pytest.raises(UsageError, match="knows of no consent to fax"):
        begin(shop, channel="fax")
    assert begin(shop, channel="fax", consent="not_withdrawn").begun.left_out == 0
    shop.record([consent("Consent Given", "stranger", START - DAY, channel="sms")])
    with pytest.raises(UsageError, match="Nobody on the list has consented to sms"):
        begin(shop, name="Texts", channel="sms")


def test_consent_against_a_plain_reading(shop: Workspace) -> None:
    random = Random(8)
    log: list[Event] = []
    for who in PEOPLE[:60]:
        for _ in range(random.randrange(6)):
            name = random.choice(
                ["Consent Given", "Consent Withdrawn", "Subscribed", "Unsubscribed", "Message Complained"]
            )
            told = {"channel": random.choice(["email", "EMail", "e-mail", "phone", None]),
                    "purpose": random.choice(["marketing", "Service", None, None])}  # fmt: skip
            log.append(consent(name, who, START - random.randrange(4) * DAY, **told))
    shop.record(log)
    connection = shop._store.connection()
    keys = dict(connection.execute("SELECT id, key FROM units").fetchall())
    for as_of in (START - 2 * DAY, START):
        found = consents(connection, as_of=as_of)
        assert set(found.channels) <= {"email", "phone"} and set(found.purposes) == {"marketing", "service"}
        for channel in ("email", "phone"):
            for purpose in ("marketing", "service"):
                rows = connection.execute(
                    f"SELECT units.id, given FROM ({found.last(channel, purpose)}) JOIN units ON units.key = unit"
                ).fetchall()
                told = dict(rows)
                for who in PEOPLE[:60]:
                    expected = plain(
                        [one for one in log if one.customer_id == who and one.time <= as_of], channel, purpose
                    )
                    assert told.get(who) is expected, (who, channel, purpose)
                    key = keys.get(who, -1)
                    one_by_one = {
                        (one.channel, one.purpose): one.given
                        for one in standing(
                            words_of(connection, key, as_of=as_of), channels=[channel], purposes=[purpose]
                        )
                    }
                    assert one_by_one[channel, purpose] is expected


def plain(log: list[Event], channel: str, purpose: str) -> bool | None:
    """The consent to a channel and purpose, event by event in the order of time."""
    open_, given = None, None
    # of two at one moment, the one that takes back
    for event in sorted(
        log, key=lambda one: (one.time, one.name in ("Consent Withdrawn", "Unsubscribed", "Message Complained"))
    ):
        named = event.properties["channel"]
        about = None if named is None else {"e-mail": "email"}.get(str(named).lower(), str(named).lower())
        what = str(event.properties["purpose"] or "").lower() or None
        if event.name in ("Subscribed", "Unsubscribed"):
            about, what = "email", None
        elif event.name == "Message Complained":
            about, what = about or "email", None
        if about not in (None, channel):
            continue
        agreed = event.name in ("Consent Given", "Subscribed")
        if what is None:
            open_ = agreed
            given = given if not agreed or purpose != "marketing" else True
            given = False if not agreed and purpose == "marketing" else given
        elif what == purpose:
            given = agreed
    return False if open_ is False else given


def test_a_trait_may_tell_of_consent(tmp_path: Path) -> None:
    (tmp_path / "tenure.yaml").write_text(
        "name: Shop\nas_of: 2024-07-31T00:00:00Z\nlifecycles: [classic]\nconsent:\n"
        "  accepts_marketing: {channel: E-Mail}\n  unsubscribed: {channel: email, withdraws: true}\n",
        encoding="utf-8",
    )
    told = {
        "ann": [{"accepts_marketing": True}], "bob": [{"accepts_marketing": "No"}],
        "cleo": [{"accepts_marketing": "perhaps"}], "dora": [{"accepts_marketing": 1}, {"unsubscribed": True}],
        "emil": [{"unsubscribed": True}, {"unsubscribed": False}, {"accepts_marketing": "yes"}],
    }  # fmt: skip
    with Workspace.open(tmp_path, clock=lambda: NOW) as ws:
        ws.record(
            Event(name="Identified", time=START + place, customer_id=who, traits=traits, type="identify")
            for who, said in told.items() for place, traits in enumerate(said)
        )  # fmt: skip
        ws.refresh()
        started = ws.actions.preview("Mail", told, goal="order", channel="email", share=0)
        assert (started.begun.treated, started.begun.left_out) == (1, 4)
        found = ws.actions.consents()
        rows = ws._store.connection().execute(
            f"SELECT id, given FROM ({found.last('email')}) JOIN units ON units.key = unit"
        ).fetchall()  # fmt: skip
        assert dict(rows) == {"ann": True, "bob": False, "dora": False, "emil": False}


def test_an_action_asks_for_consent_to_its_purpose(shop: Workspace) -> None:
    known(shop, *PEOPLE)
    shop.record(consent("Consent Given", who, START - DAY, channel="email", purpose="Offers") for who in PEOPLE[:30])
    shop.record(consent("Consent Given", who, START - DAY, channel="email") for who in PEOPLE[30:50])
    shop.record([consent("Consent Withdrawn", PEOPLE[0], START - 1)])
    assert begin(shop, channel="email", purpose="offers", share=0).begun.treated == 29
    assert begin(shop, name="July", channel="email", share=0).begun.treated == 20
    assert shop.actions.result("june").action.purpose == "offers"
    assert set(shop.actions.download("june")["consent_email"].to_pylist()) == {"yes"}
    with pytest.raises(UsageError, match="another purpose"):
        begin(shop, channel="email", share=0)
    # one purpose does not open what was taken back as a whole; a word without one does
    shop.record([consent("Consent Given", PEOPLE[0], START + DAY, channel="email", purpose="offers")])
    assert shop.actions.download("june").num_rows == 29
    shop.record([consent("Consent Given", PEOPLE[0], START + 2 * DAY, channel="email")])
    assert begin(shop, name="August", channel="email", purpose="offers", share=0, at=None).begun.treated == 30


# what is told of it


def test_the_actions_of_a_period(shop: Workspace) -> None:
    known(shop, *PEOPLE)
    begin(shop, days=10)
    begin(shop, name="Long", days=200)
    assert NOW > START
    for name, wanted in (("2024-05", []), ("2024-06", ["june", "long"]), ("2024-07", ["long"]), ("2024-Q3", ["long"])):
        _, period = named_period(shop, name)
        assert sorted(one.action.id for one in done_and_lift(shop, period)) == wanted


def test_actions_are_no_touchpoints_and_no_stage_changes(shop: Workspace) -> None:
    known(shop, *PEOPLE)
    before = shop.stages()
    begin(shop)
    shop.refresh()
    assert shop.stages() == before
    assert "Action Started" not in shop.journeys.touchpoints()


def test_two_threads_begin_one_action(shop: Workspace) -> None:
    known(shop, *PEOPLE)
    shop.actions.channels()
    with ThreadPoolExecutor(4) as pool:
        lists = [PEOPLE[:150], PEOPLE[50:], PEOPLE[100:], PEOPLE[:20]]
        started = list(pool.map(lambda people: begin(shop, people=people), lists))
    assert [one.again for one in started].count(False) == 1
    assert len({one.begun.action.started_at for one in started}) == 1
    first = next(one.begun for one in started if not one.again)
    assert len(arms(shop, "june")) == first.treated + first.held_out
