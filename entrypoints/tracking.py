"""The trackers of the settings, and the options of each."""

import os
from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from domain.errors import ConfigurationError
from domain.ports.tracker import Tracker
from entrypoints import registry

if TYPE_CHECKING:
    from entrypoints.settings import Settings


def tracker_names(setting: str | tuple[str, ...]) -> tuple[str, ...]:
    """Returns the trackers of a setting, each once: a name, several separated by commas, or a list of either."""
    parts = (setting,) if isinstance(setting, str) else setting
    names = dict.fromkeys(name.strip() for part in parts for name in part.split(","))
    return tuple(name for name in names if name not in ("", "null")) or ("null",)


def options_of(name: str, names: tuple[str, ...], options: Mapping[str, object]) -> Mapping[str, object]:
    """Returns the options of one of the trackers in use.

    A key that is a tracker's name holds that tracker's options, whether or not it is in use. The options of a single
    tracker may be written without its name.
    """
    own: dict[str, object] = {}
    for key, value in options.items():
        if key not in registry.TRACKERS:
            own[key] = value
        elif not isinstance(value, Mapping):
            raise ConfigurationError(f"The setting tracking.{key} is {value!r}, not a mapping of options.")
    if own and len(names) > 1:
        raise ConfigurationError(
            f"The setting tracking has the option {next(iter(own))!r}, and does not say whose. With several trackers, "
            f"options stand under a tracker's name, as tracking: {{{names[0]}: {{...}}, {names[1]}: {{...}}}}."
        )
    named = options.get(name)
    return {**own, **(named if isinstance(named, Mapping) else {})}


def sweeper_options(sweeper: str, settings: "Settings") -> Mapping[str, object]:
    """Returns the options of a sweeper that records runs like the tracker of its name; none for other sweepers.

    Beside other trackers it counts as one of several. Without other trackers, options without a name belong to it.
    """
    if sweeper not in registry.TRACKERS:
        return {}
    names = tuple(dict.fromkeys((sweeper, *tracker_names(settings.tracker))))
    options = options_of(sweeper, tuple(name for name in names if name != "null"), settings.tracking)
    registry.find(registry.TRACKERS, sweeper, what="tracker")(options, settings.artifacts / "runs")
    return options


def in_sweep(sweeper: str, settings: "Settings") -> "Settings":
    """Returns the settings with the trackers of a sweep's trials. A sweeper that records runs adds its tracker."""
    if sweeper not in registry.TRACKERS:
        return settings
    others = (name for name in tracker_names(settings.tracker) if name not in (sweeper, "null"))
    named = {key: value for key, value in settings.tracking.items() if key in registry.TRACKERS}
    own = {sweeper: dict(sweeper_options(sweeper, settings))}
    return replace(settings, tracker=(*others, sweeper), tracking={**named, **own})


def open_tracker(settings: "Settings") -> Tracker:
    """Returns the trackers of the settings as one. Their failures never end a run."""
    names = tracker_names(settings.tracker)
    trackers = [_safe(name, _built(name, names, settings)) for name in names]
    several: Tracker = registry.load(registry.SEVERAL_TRACKERS)(trackers)
    return several


def _built(name: str, names: tuple[str, ...], settings: "Settings") -> Tracker:
    build = registry.find(registry.TRACKERS, name, what="tracker")
    tracker: Tracker = build(options_of(name, names, settings.tracking), settings.artifacts / "runs")
    return tracker


def _safe(name: str, tracker: Tracker) -> Tracker:
    from application.runs.tracking import DescribingTracker, Leniency, SafeTracker
    from domain.secrets import Redactor
    from entrypoints.run_environment import run_environment

    if name == "null":
        return tracker
    redactor = Redactor.of_environment(os.environ)
    described = DescribingTracker(tracker, environment=run_environment, redactor=redactor)
    return SafeTracker(described, Leniency(label=name, redactor=redactor))
