"""The champion of takt-policy: which policy drafts and is learnt on from, and how a trained one meets it.

The folder of the train step holds the policy that was trained last. It drafts only while it is champion, so
that a roll-back changes what plans are drafted with.
"""

from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from models.contest import Decision, first
from pipelines.platform.tracking import ModelVersion, TrackedRun, UnreachableError
from pipelines.registry import Registry, full_name, open_registry
from pipelines.stamp import digest_of

if TYPE_CHECKING:
    from models.policy.contest import Standing
    from models.policy.dispatcher import Dispatcher
    from pipelines.context import Context

MODEL = "policy"
FILES = ("weights.safetensors", "policy.json")
SHIPPED, LAST = "shipped", "last trained"


@dataclass(frozen=True, slots=True)
class PolicyInUse:
    """A policy as it is called ("takt-policy/3", "last trained", "shipped"), and why it is not another."""

    policy: Dispatcher
    name: str
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Choice:
    """Where the policy that drafts lies; it is read when it is asked for.

    `champion` is None where there is none; `registry` is None where MLflow does not answer, `notes` say
    so then. `folder`: of the policy that was trained last.
    """

    registry: Registry | None
    champion: ModelVersion | None
    folder: Path
    notes: tuple[str, ...] = ()

    @property
    def key(self) -> str:
        """What changes where another policy drafts."""
        if self.champion is not None:
            return f"{self.champion.name}/{self.champion.version} {self.champion.digest}"
        files = [file for name in FILES if (file := self.folder / name).is_file()]
        return f"{LAST} {digest_of(files)}" if files else SHIPPED

    def load(self) -> PolicyInUse:
        """The policy that drafts; the one that ships, with the reason, where that cannot be read.

        Raises
        ------
        pipelines.platform.tracking.DigestError
            Where the champion's files are not those that were registered.
        """
        from models.policy.files import load_policy

        if self.registry is not None and self.champion is not None:
            folder, name = self.registry.tracking.load(self.champion), _named(self.champion)
        elif any((self.folder / name).is_file() for name in FILES):
            folder, name = self.folder, LAST
        else:
            return PolicyInUse(load_policy(), SHIPPED, self.notes)
        found = _read(folder)
        if isinstance(found, str):
            told = f"the policy {name} cannot be read, the one that ships drafts: {found}"
            return PolicyInUse(load_policy(), SHIPPED, (*self.notes, told))
        return PolicyInUse(found, name, self.notes)


def choose(context: Context) -> Choice:
    """Return where the policy that drafts lies: the champion, else the last trained, else the shipped."""
    folder = context.settings.policy
    try:
        registry = open_registry(context)
    except UnreachableError as error:
        told = (
            f"no champion of {full_name(MODEL)} can be asked for, the last trained drafts: {error}"
        )
        return Choice(None, None, folder, (told,))
    return Choice(registry, registry.champion(MODEL), folder)


@dataclass(frozen=True, slots=True)
class Incumbent:
    """Who is champion when a training begins; `policy` is None where its files cannot be read (`why`)."""

    version: ModelVersion
    policy: Dispatcher | None
    weights_digest: str
    why: str = ""


def incumbent(registry: Registry) -> Incumbent | None:
    """Return the champion that is learnt on from, if there is one.

    Raises
    ------
    pipelines.platform.tracking.DigestError
        Where its files are not those that were registered.
    """
    version = registry.champion(MODEL)
    if version is None:
        return None
    found = _read(folder := registry.tracking.load(version))
    if isinstance(found, str):
        return Incumbent(version, None, "", found)
    return Incumbent(version, found, weights_digest(folder))


def weights_digest(folder: Path) -> str:
    """Return the SHA-256 of a stored policy's weights, or nothing where no policy is stored there."""
    described = folder / "policy.json"
    if not described.is_file():
        return ""
    try:
        return str(json.loads(described.read_text("utf-8")).get("sha256", ""))
    except ValueError:
        return ""


def challenge(
    registry: Registry,
    run: TrackedRun,
    stored: Path,
    worth: Standing,
    champion: Incumbent | None,
    standing_of: Callable[[Dispatcher], Standing],
    data_digest: str,
) -> str:
    """Register the policy stored in a folder and return, in words, who is champion after it.

    It takes the place where it is cheaper than the champion on the plant of today, drafting under the
    same seed, unless a roll-back holds the champion. Weights that are the champion's are no new version.
    """
    from models.policy.files import load_policy
    from pipelines.policy.served import policy_fit

    if champion is not None and champion.weights_digest == weights_digest(stored):
        return f"{_named(champion.version)} stays champion: the policy is the same"
    decision = _decision(worth, champion, standing_of)
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place) / "policy"
        folder.mkdir()
        for name in FILES:
            shutil.copy2(stored / name, folder / name)
        fit = policy_fit(load_policy(stored), folder, data_digest, {}, {})
        version = registry.register(fit, run)
    now = registry.settle(version, decision)
    held = registry.held(MODEL)
    told = f"; held: {held.reason}" if held and now.version != version.version else ""
    return f"{_named(version)} registered, {_named(now)} is champion: {decision.reason}{told}"


def _decision(
    worth: Standing, champion: Incumbent | None, standing_of: Callable[[Dispatcher], Standing]
) -> Decision:
    challenger = "the policy of this training"
    if champion is None:
        return first(challenger)
    name = f"version {champion.version.version}"
    if champion.policy is None:
        return first(challenger, f"{name} cannot be read: {champion.why}", other_data=True)
    before, after = standing_of(champion.policy).mean, worth.mean
    than = "cheaper than" if after < before else "no cheaper than"
    return Decision(
        "better" if after < before else "kept",
        f"on the plant of today {than} {name}: {after:,.0f} against {before:,.0f}",
        challenger,
        gain=1.0 - after / before if before > 0 else None,
    )


def _named(version: ModelVersion) -> str:
    return f"{version.name}/{version.version}"


def _read(folder: Path) -> Dispatcher | str:
    """The policy in a folder, or why the code of today cannot ask it."""
    from models.policy.files import PolicyError, load_policy

    try:
        found = load_policy(folder)
    except PolicyError as error:
        return str(error)
    expected = replace(load_policy().shape, width=found.shape.width)
    if found.shape != expected:
        return f"expected {expected}, found {found.shape}; train again"
    return found
