"""The files of the library: sound, told with their source, same words in different senses told apart."""

from __future__ import annotations

from itertools import combinations
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tenure.documents import parse, validate
from tenure.events import STANDARD
from tenure.expressions import unparse
from tenure.lifecycle import library
from tenure.lifecycle.definition import Lifecycle, LifecycleSpec, define
from tenure.lifecycle.library import addons
from tenure.lifecycle.library.__main__ import page
from tenure.lifecycle.library.senses import senses
from tenure.lifecycle.library.trades import DEFAULT, TRADES
from tenure.lifecycle.rhythm import Rhythm, with_windows

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "lifecycles.md"
LIFECYCLES = {name: library.lifecycle(name) for name in library.names()}
ALIASES = {"conversion-three", "reach-acquire"}
BY_USE = {"pirate", "growth", "product-usage", "acquire-to-refer"}
NOT_WITH = {
    "at_risk": {"business-process", "expansion-decline"}, "dissatisfied": {"dissatisfaction"},
    "lapsed": {"onboarding", "retirement", "before-and-after"},
    "deactivated": {"onboarding", "retirement", "software", "before-and-after"},
}  # fmt: skip


def spec(text: str) -> LifecycleSpec:
    return validate(LifecycleSpec, parse(text, file="made.yaml"))


def stage_names(text: str) -> list[str]:
    return [name for stage in spec(text).stages for name in stage]


@pytest.mark.parametrize("name", LIFECYCLES)
def test_a_file_is_sound(name: str) -> None:
    document = library.document(name)
    for text in (document.text, addons.with_stages(document.text, addons.names())):
        written = parse(text, file=f"{name}.yaml")
        found = define(validate(LifecycleSpec, written), written, bindings=STANDARD, others={})
        assert not found.problems
        assert not found.warnings
        lifecycle = found.lifecycle
        assert lifecycle is not None
        assert lifecycle.name == name
        assert lifecycle.means and lifecycle.source and lifecycle.trades
        assert set(lifecycle.trades) <= set(TRADES)
        assert all(stage.kind and stage.phase and stage.means.endswith(".") for stage in lifecycle.stages)
        # else those who fall back stay in a stage that is over
        assert all(stage.side for stage in lifecycle.stages if stage.phase in ("risk", "gone"))


def test_there_are_as_many_as_there_should_be() -> None:
    assert len(LIFECYCLES) == 41
    assert {name for name in LIFECYCLES if library.alias_of(name)} == ALIASES


def test_the_reference_is_current() -> None:
    assert page() == PAGE.read_text(encoding="utf-8"), (
        "run `python -m tenure.lifecycle.library docs/reference/lifecycles.md`"
    )


def after(lifecycle: Lifecycle, name: str) -> tuple[str, str, str]:
    """The condition of a stage, and the stage that follows it with its own."""
    place = [stage.name for stage in lifecycle.stages].index(name)
    here, following = lifecycle.stages[place], lifecycle.stages[place + 1 : place + 2]
    told = [unparse(stage.when) if stage.when else "" for stage in (here, *following)]
    return told[0], following[0].name if following else "", told[1] if following else ""


def test_the_words_with_several_senses() -> None:
    assert {name: len(told) for name, told in senses().items()} == {
        "acquisition": 10, "activation": 3, "conversion": 2, "engagement": 6, "growth": 2, "loyalty": 7,
        "marketing": 2, "purchase": 2, "retention": 11,
    }  # fmt: skip


@pytest.mark.parametrize("word", senses())
def test_one_word_in_two_senses_differs_in_what_it_asks_for(word: str) -> None:
    told = senses()[word]
    everywhere = {name for name, lifecycle in LIFECYCLES.items() if lifecycle.stage(word)}
    assert everywhere == {name for names in told.values() for name in names}, "a sense for each"
    for (_, some), (_, others) in combinations(told.items(), 2):
        for one in some:
            for other in others:
                assert after(LIFECYCLES[one], word) != after(LIFECYCLES[other], word), (one, other)


# trades


def test_every_trade_is_offered_what_fits_it() -> None:
    assert DEFAULT in TRADES
    for trade in TRADES.values():
        assert 1 <= len(set(trade.offered)) == len(trade.offered) <= 4
        assert all(trade.name in LIFECYCLES[name].trades for name in trade.offered)
        assert set(trade.added) <= set(addons.names())
        assert set(trade.purchase) <= set(STANDARD["purchase"].events)
        assert set(trade.usage) <= set(STANDARD["usage"].events)


# add-on stages


@settings(max_examples=40, deadline=None)
@given(st.sampled_from(sorted(LIFECYCLES)), st.sets(st.sampled_from(addons.names())))
def test_add_on_stages_stand_in_their_order(name: str, wanted: set[str]) -> None:
    written = library.document(name).text
    text = addons.with_stages(written, wanted)
    own, found = stage_names(written), stage_names(text)
    stages = {stage: told for entry in spec(text).stages for stage, told in entry.items()}
    refused = {stage for stage in wanted if name in NOT_WITH.get(stage, ())}
    if name == "service":
        refused = wanted
    assert set(found) == {*own, *wanted} - (refused - set(own))
    assert [stage for stage in found if stage in own] == own, "its own keep their order"
    added = [stage for stage in found if stage in addons.names()]
    assert added == [stage for stage in addons.names() if stage in added], "theirs is always the same"
    for place, stage in enumerate(found):
        if stage in added:
            assert stages[stage].side
            behind = [other for other in found[place:] if other not in added]
            before = [other for other in found[:place] if other not in added]
            assert all(stages[other].phase in ("risk", "gone") for other in behind), "after the lifecycle's own"
            assert all(stages[other].phase != "gone" for other in before), "but before its end"
            if stage in ("reactivated", "at_risk"):
                assert all(stages[other].phase != "risk" for other in before), "and before its risk"
            if stage in ("reactivated", "at_risk", "lapsed") and stage not in own:
                heard = "activity" if name in BY_USE else "purchase"
                assert f"since({heard})" in (stages[stage].when or "")
    assert addons.with_stages(text, wanted) == text, "once is enough"


def test_comments_of_the_file_are_kept() -> None:
    text = library.document("before-and-after").text
    marked = text.replace("  - after:", "  # whoever has gone\n  - after:").replace("stages:", "# here we go\nstages:")
    changed = addons.with_stages(marked, ["at_risk"])
    assert "# whoever has gone\n" in changed
    assert "# here we go\nstages:" in changed
    assert spec(changed).windows == {"at_risk": 90, "lapsed": 180}


# windows


@pytest.mark.parametrize("name", LIFECYCLES)
def test_fitting_changes_the_silences_and_nothing_else(name: str) -> None:
    text = addons.with_stages(library.document(name).text, addons.names())
    before = spec(text)
    fitted = with_windows(text, Rhythm(at_risk=41, lapsed=99, people=70, repeaters=50, intervals=400))
    found = spec(fitted)
    assert found.windows == {window: {"at_risk": 41, "lapsed": 99}[window] for window in before.windows}
    for entry, other in zip(before.stages, found.stages, strict=True):
        for stage, told in entry.items():
            new = other[stage].when
            if new == told.when:
                continue
            assert told.when is not None and new is not None
            assert new.replace("days(41)", "days(90)").replace("days(99)", "days(180)") == told.when
            assert "days(41)" in new or "days(99)" in new
    if before.windows:
        assert "within 41 days and nine in ten within 99" in " ".join(fitted.replace("#", "").split())
    # the length of a stay, a campaign's window or a grace period are no silences of the trade
    for fixed in ("within=days(90)", "since(complaint) < days(180)", "since(bad_score) < days(90)"):
        assert " ".join(fitted.split()).count(fixed) == " ".join(text.split()).count(fixed)
    again = with_windows(fitted, Rhythm(at_risk=90, lapsed=180, people=70, repeaters=50, intervals=400))
    assert spec(again).stages == before.stages
    assert again.count("\n#") <= fitted.count("\n#") + 1, "one reason is enough"


def test_a_window_that_no_condition_waits_for_gets_a_second_look() -> None:
    text = "lifecycle: store\nwindows: {at_risk: 60}\nstages:\n  - late: {when: since(purchase) >= days(90)}\n"
    written = parse(text, file="store.yaml")
    found = define(validate(LifecycleSpec, written), written, bindings=STANDARD, others={})
    (warning,) = found.warnings
    assert warning.line == 2
    assert "No condition waits for the 60 days of 'at_risk'" in warning.message
