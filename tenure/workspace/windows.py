"""The windows of a lifecycle fitted to the purchases that a workspace holds."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from pathlib import Path

from tenure.documents import Document, did_you_mean, listing, parse, read, validate
from tenure.errors import UsageError
from tenure.events import EventBinding, bindings
from tenure.expressions import parse as parse_condition
from tenure.lifecycle import library
from tenure.lifecycle.definition import LifecycleSpec
from tenure.lifecycle.filling import Held, held_events
from tenure.lifecycle.library.addons import fitting, refuse, with_stages
from tenure.lifecycle.rhythm import Rhythm, fit, with_windows
from tenure.lifecycle.silence import DAY, length, silences
from tenure.warehouse.duckdb import Store
from tenure.wording import several
from tenure.workspace.workspace import OWN_FOLDER, STORE_FILE, Workspace


@dataclass(frozen=True, slots=True, kw_only=True)
class Fitted:
    """A lifecycle's file with windows fitted: where it belongs, its text, the rhythm, and what they were before.

    `new` tells that the file is not there yet, `listed` that the workspace works the lifecycle out.
    """

    path: Path
    text: str
    rhythm: Rhythm
    before: dict[str, int]
    after: dict[str, int]
    new: bool
    listed: bool


def fit_windows(folder: Path, name: str, *, clock: Callable[[], int], add: Collection[str] = ()) -> Fitted:
    """The file of the lifecycle `name`, of the workspace or else of the library, fitted to the workspace's data.

    `add` are add-on stages to put in. Nothing is written. Raises UsageError where there is no such lifecycle, where
    none of its conditions waits for a silence, and where its file does not declare for which.
    """
    with Workspace.open(folder, clock=clock) as workspace:
        as_of, timezone = workspace.as_of, workspace.zone.key
        definitions = workspace.definitions
    written, path = _written(folder, name)
    spec = validate(LifecycleSpec, written)
    refuse(spec, add)
    text = with_stages(written.text, add)
    before = _windows(text)
    if not before:
        raise _nothing_to_fit(name, text)
    own = {short: binding.binding(short) for short, binding in spec.events.items()}
    purchase = bindings(definitions.config.bindings, own)["purchase"]
    with Store.open(store_of(folder)) as store:
        found = fitted_rhythm(store, purchase, as_of=as_of, timezone=timezone, unit=spec.unit)
    text = with_windows(text, found)
    return Fitted(
        path=path, text=text, rhythm=found, before=before, after=_windows(text),
        new=not path.exists(), listed=definitions.lifecycle(spec.lifecycle) is not None,
    )  # fmt: skip


def fitted_rhythm(store: Store, purchase: EventBinding, *, as_of: int, timezone: str, unit: str = "customer") -> Rhythm:
    """The rhythm of the purchases in a store."""
    with store.transaction() as connection:
        return fit(connection, purchase, as_of=as_of, timezone=timezone, unit=unit)


def store_of(folder: Path) -> Path:
    """The file of the event store of the workspace in `folder`."""
    return folder / OWN_FOLDER / STORE_FILE


def held_in(folder: Path) -> Held:
    """What the log of the workspace in `folder` has; nothing where nothing was loaded yet."""
    path = store_of(folder)
    if not path.exists():
        return Held()
    with Store.open(path) as store:
        return held_events(store.connection())


def _written(folder: Path, name: str) -> tuple[Document, Path]:
    files = {path.stem: path for path in sorted(folder.glob("lifecycles/*.y*ml"))}
    if name in files:
        return read(files[name], file=f"lifecycles/{files[name].name}"), files[name]
    if name in library.names():
        return library.document(name), folder / "lifecycles" / f"{name}.yaml"
    names = {*files, *library.names()}
    hint = did_you_mean(name, names) or "`tenure lifecycles` lists them."
    raise UsageError(f"There is no lifecycle {name!r} with a file, nor in the library.", hint=hint)


def _nothing_to_fit(name: str, text: str) -> UsageError:
    """Why a lifecycle without `windows:` has none to fit, and what to do."""
    spec = validate(LifecycleSpec, parse(text, file="lifecycle"))
    conditions = [stage.when for written in spec.stages for stage in written.values() if stage.when]
    found = {length(silence) for when in conditions for silence in silences(parse_condition(when))}
    waits = sorted({round(one / DAY) or 1 for one in found})
    if waits:
        # the shortest silence is a risk, the longest a loss
        declared = {"at_risk": waits[0]} | ({"lapsed": waits[-1]} if len(waits) > 1 else {})
        days = several(waits[0], "day") if len(waits) == 1 else f"{listing(map(str, waits), 'and')} days"
        return UsageError(
            f"{name} waits for a silence of {days}, but its file does not declare that as a window to fit.",
            hint=f"Write `windows: {{{', '.join(f'{window}: {wait}' for window, wait in declared.items())}}}` above "
            "`stages:`.",
        )
    taken = [one for one in ("at_risk", "lapsed") if one in fitting(spec)]
    return UsageError(
        f"No condition of {name} waits for a silence, so it has no windows to fit.",
        hint=f"Add stages that do: {' '.join(f'--add {one}' for one in taken)}." if taken else "Take another one.",
    )


def _windows(text: str) -> dict[str, int]:
    windows = validate(LifecycleSpec, parse(text, file="lifecycle")).windows
    return {str(window): days for window, days in windows.items()}
