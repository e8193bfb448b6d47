"""The registry of models: fits come in, one of them is champion, and it can be taken back."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

from models.contest import Decision
from pipelines.context import Context
from pipelines.platform.model_files import pickled_files
from pipelines.platform.tracking import ModelVersion, TrackedRun, Tracking, connect
from pipelines.registry.errors import (
    NoChampionError,
    PickledError,
    UnknownModelError,
)
from pipelines.registry.fit import Fit
from pipelines.registry.reigns import HOLD_TAG, Hold, Kind, Reign, hold_of, reigns_of, standing

PREFIX = "takt-"
DATA_TAG = "takt.data_sha256"
UNTIL_TAG = "takt.trained_until"
MET_TAG = "takt.met_champion"


def full_name(name: str) -> str:
    """Return the name a model is registered under: "late_risk" and "late-risk" are takt-late-risk."""
    return PREFIX + name.removeprefix(PREFIX).replace("_", "-")


@dataclass(frozen=True, slots=True)
class Registry:
    """The models of one MLflow; made by `open_registry`."""

    tracking: Tracking
    clock: Callable[[], datetime]

    def register(self, fit: Fit, run: TrackedRun | None = None) -> ModelVersion:
        """Return the fit's new version, which bears the alias challenger.

        All that the fit brings (parameters, data digest, figures, plots) is logged to `run`, or to
        one that is made for it and named after the model.

        Raises
        ------
        PickledError
            Where its folder holds a pickle that the fit does not name as unavoidable.
        pipelines.platform.tracking.TrackingError
            Where MLflow does not answer.
        """
        refused = sorted(set(pickled_files(fit.folder)) - set(fit.allowed_pickles))
        if refused:
            raise PickledError(
                f"model {fit.name}: expected files in native formats, found {', '.join(refused)}: "
                "opening a pickle runs what is in it; save it another way"
            )
        if run is not None:
            return self._register(fit, run)
        tags = {"takt.step": f"fit {fit.name}", DATA_TAG: fit.data_digest}
        with self.tracking.run(full_name(fit.name), tags) as own:
            return self._register(fit, own)

    def settle(self, version: ModelVersion, decision: Decision) -> ModelVersion:
        """Return the champion after the decision, which is kept with the version and its run.

        While the champion is held, a decision to promote is kept but not followed.
        """
        champion = self.champion(version.name)
        held = hold_of(self.tracking.model_tags(version.name))
        followed = decision.promotes and (held is None or champion is None)
        why = f"held since {held.at:%F}: {held.reason}" if held and not followed else ""
        told = {
            "takt.verdict": decision.outcome,
            "takt.reason": decision.reason,
            MET_TAG: str(champion.version) if champion else "",
            "takt.promoted": str(followed).lower(),
            **({"takt.held": why} if why and decision.promotes else {}),
        }
        self.tracking.set_tags(version, told)
        self._log_decision(version, decision)
        if followed:
            self._crown(version, "contest", decision.reason)
            return version
        return champion or version

    def champion(self, name: str) -> ModelVersion | None:
        """Return the champion among the model's versions, if there is one."""
        return self.tracking.find(full_name(name), "champion")

    def trained_until(self, name: str) -> date | None:
        """Return the last day of the champion's data, or else the day it was registered on, if any."""
        champion = self.champion(name)
        return None if champion is None else self.until(champion)

    def until(self, version: ModelVersion) -> date:
        """Return the last day of a version's data, or else the day it was registered on."""
        told = version.tags.get(UNTIL_TAG)
        return date.fromisoformat(told) if told else version.registered_at.date()

    def load_champion(self, name: str) -> Path:
        """Return the folder of the champion's own files, their digest having been checked.

        Raises
        ------
        NoChampionError
            Where there is none.
        pipelines.platform.tracking.DigestError
            Where its files are not those that were registered.
        """
        champion = self.champion(name)
        if champion is None:
            raise NoChampionError(
                f"model {full_name(name)}: expected a champion, found none; fit one first"
            )
        return self.tracking.load(champion)

    def attempts(self, name: str, data_digest: str) -> int:
        """Return how many challengers met the champion of today on these data already."""
        champion = self.champion(name)
        if champion is None:
            return 0
        wanted = (data_digest, str(champion.version))
        return sum(
            (version.tags.get(DATA_TAG), version.tags.get(MET_TAG)) == wanted
            for version in self.tracking.versions(full_name(name))
        )

    def versions(self, name: str) -> list[ModelVersion]:
        """Return the model's versions, newest first.

        Raises
        ------
        UnknownModelError
            Where there is no such model; the message names those that there are.
        """
        found = self.tracking.versions(full_name(name))
        if not found:
            known = ", ".join(sorted(self.tracking.models())) or "none yet"
            raise UnknownModelError(f"model {full_name(name)}: not registered; there are: {known}")
        return found

    def version(self, name: str, number: int) -> ModelVersion:
        """Return one version of a model.

        Raises
        ------
        UnknownModelError
            Where there is no such model or version; the message names those that there are.
        """
        versions = self.versions(name)
        for one in versions:
            if one.version == number:
                return one
        numbers = ", ".join(str(one.version) for one in versions)
        raise UnknownModelError(
            f"model {full_name(name)}: expected one of the versions {numbers}, found {number}"
        )

    def promote(self, name: str, number: int, reason: str) -> Reign:
        """Return the new reign: that version is champion from now on, and nothing is held.

        Raises
        ------
        UnknownModelError, pipelines.platform.tracking.DigestError
            Where there is no such version, or its files are not those that were registered.
        """
        version = self.version(name, number)
        self.tracking.load(version)
        self.release(name)
        return self._crown(version, "promoted", reason)

    def roll_back(self, name: str, reason: str) -> Reign:
        """Return the new reign: the champion before this one is champion again, and is held.

        Held: contests after it promote nobody until `promote` or `release` is called, for the next
        fit would bring the same model back.

        Raises
        ------
        NoChampionError, UnknownModelError
            Where there was no other champion before, or there is no such model.
        pipelines.platform.tracking.DigestError
            Where its files are not those that were registered; the champion stays.
        """
        stack, champion = standing(self.reigns(name)), self.champion(name)
        if champion is not None and stack and stack[-1] != champion.version:
            stack.pop()  # written down, and never crowned: whoever did it was killed between the two
        if len(stack) < 2:
            raise self._nobody_before(name)
        version = self.version(name, stack[-2])
        self.tracking.load(version)
        self.hold(name, f"rolled back from version {stack[-1]}: {reason}")
        return self._crown(version, "rolled back", reason)

    def reigns(self, name: str) -> tuple[Reign, ...]:
        """Return who was champion from when on, oldest first."""
        return reigns_of(self.tracking.model_tags(full_name(name)))

    def held(self, name: str) -> Hold | None:
        """Return what holds the champion where it is, if anything does."""
        return hold_of(self.tracking.model_tags(full_name(name)))

    def hold(self, name: str, reason: str) -> None:
        """Let contests promote nobody from now on."""
        self.tracking.set_model_tag(full_name(name), *Hold(self.clock(), reason).tag)

    def release(self, name: str) -> None:
        """Let contests promote again."""
        if self.held(name) is not None:
            self.tracking.set_model_tag(full_name(name), HOLD_TAG, None)

    def _register(self, fit: Fit, run: TrackedRun) -> ModelVersion:
        run.log_params({**fit.params, "data_sha256": fit.data_digest})
        run.log_metrics(fit.metrics)
        for name, figure in fit.figures.items():
            run.log_figure(figure, name)
        for name, text in fit.texts.items():
            run.log_text(text, name)
        tags = {DATA_TAG: fit.data_digest}
        if fit.trained_until is not None:
            tags[UNTIL_TAG] = fit.trained_until.isoformat()
        name = full_name(fit.name)
        version = self.tracking.register(run, name, fit.folder, fit.served(), tags)
        self.tracking.set_alias(version, "challenger")
        return version

    def _log_decision(self, version: ModelVersion, decision: Decision) -> None:
        run = TrackedRun(version.run_id, self.tracking.client)
        run.log_text(json.dumps(decision.document(), indent=2), "decision.json")
        run.log_tags({"takt.verdict": decision.outcome, "takt.version": str(version.version)})

    def _nobody_before(self, name: str) -> NoChampionError:
        self.versions(name)
        champion = self.champion(name)
        who = f"version {champion.version} is its first champion" if champion else "no champion"
        return NoChampionError(f"model {full_name(name)}: {who}, there is none to go back to")

    def _crown(self, version: ModelVersion, kind: Kind, reason: str) -> Reign:
        """Write the reign down, then move the alias."""
        number = len(self._known_reigns(version.name)) + 1
        reign = Reign(number, version.version, kind, self.clock(), reason)
        self.tracking.set_model_tag(version.name, *reign.tag)
        self.tracking.set_alias(version, "champion")
        return reign

    def _known_reigns(self, name: str) -> tuple[Reign, ...]:
        """The reigns so far; a champion of before they were kept is written down as the first."""
        known, champion = self.reigns(name), self.champion(name)
        if known or champion is None:
            return known
        why = "champion before reigns were written down"
        oldest = Reign(1, champion.version, "contest", champion.registered_at, why)
        self.tracking.set_model_tag(champion.name, *oldest.tag)
        return (oldest,)


def open_registry(context: Context) -> Registry:
    """Return the registry of the MLflow that the settings name.

    Raises
    ------
    pipelines.platform.tracking.UnreachableError
        Where nothing answers there.
    """
    return Registry(connect(context.settings), context.clock)
