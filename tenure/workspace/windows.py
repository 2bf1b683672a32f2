"""The windows of a lifecycle fitted to the purchases that a workspace holds."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from pathlib import Path

from tenure.documents import Document, did_you_mean, parse, read, validate
from tenure.errors import UsageError
from tenure.events import EventBinding, bindings
from tenure.lifecycle import library
from tenure.lifecycle.definition import LifecycleSpec
from tenure.lifecycle.filling import Held, held_events
from tenure.lifecycle.library.addons import fitting, with_stages
from tenure.lifecycle.rhythm import Rhythm, fit, with_windows
from tenure.warehouse.duckdb import Store
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

    `add` are add-on stages to put in. Nothing is written. Raises UsageError where there is no such lifecycle, or
    none of its conditions waits for a silence.
    """
    with Workspace.open(folder, clock=clock) as workspace:
        as_of, timezone = workspace.as_of, workspace.zone.key
        definitions = workspace.definitions
    written, path = _written(folder, name)
    spec = validate(LifecycleSpec, written)
    if refused := [one for one in add if one not in fitting(spec)]:
        raise UsageError(
            f"{name} takes no stage {refused[0]!r}.", hint=f"It can take: {', '.join(fitting(spec)) or 'none'}."
        )
    text = with_stages(written.text, add)
    before = _windows(text)
    if not before:
        raise UsageError(
            f"No condition of {name} waits for a silence, so it has no windows to fit.",
            hint="Add stages that do: --add at_risk --add lapsed.",
        )
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


def _windows(text: str) -> dict[str, int]:
    windows = validate(LifecycleSpec, parse(text, file="lifecycle")).windows
    return {str(window): days for window, days in windows.items()}
