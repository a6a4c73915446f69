"""A stretch of a jam that is played by the same settings."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from daw_bridge.config.files import find
from daw_bridge.config.jam import JamFile
from daw_bridge.daemon.settings import Ready
from daw_bridge.errors import UserError
from daw_bridge.jam.prepared import Prepared
from daw_bridge.jam.relief import NOTHING, SoFar
from daw_bridge.policies.card import read as read_card

if TYPE_CHECKING:
    from daw_bridge.jam.primer import PrimedBars
    from daw_bridge.policies.policy import Policy


@dataclass(slots=True, eq=False)
class Part:
    """Settings, their policy once it is loaded, and the source of bars that was made of them last.

    Called, it makes the source. One that is called again has failed, and loads its policy anew.
    """

    ready: Ready
    policy: Policy | None = None
    source: PrimedBars | None = None

    def __call__(self, so_far: SoFar = NOTHING) -> PrimedBars:
        """Begin to draw bars that go on from the music so far; in any thread.

        Numpy and the networks are imported here, while the port process starts beside it.

        Raises:
            UserError: the model does not fit its card, or the settings do not fit the model.
        """
        from daw_bridge.daemon.source import bars_of  # noqa: PLC0415

        policy = self.load(anew=self.source is not None)
        self.source = bars_of(policy, self.ready.file, self.ready.primer, so_far)
        return self.source

    def check_pace(self) -> None:
        """Check that its bars can be made in time on this machine: see `daemon.pace`.

        Raises:
            UserError: they cannot.
        """
        from daw_bridge.daemon import pace  # noqa: PLC0415  numpy

        pace.check(self.load(), self.ready)

    def load(self, *, anew: bool = False) -> Policy:
        """Load the policy, if it is not loaded.

        Raises:
            UserError: the model does not fit its card.
        """
        from daw_bridge.daemon.loading import policy_of  # noqa: PLC0415

        if self.policy is None or anew:
            self.policy = policy_of(self.ready.folder, self.ready.file.rl_mix)
        return self.policy

    def once_more(self) -> Part:
        """Return the same settings, to go on after a part that plays."""
        return Part(self.ready, self.policy)

    def with_settings(self, file: JamFile) -> Part:
        """Return a part of other settings, with this one's policy where the model stays.

        A primer belongs to the model that it was given to.

        Raises:
            UserError: there is no such model.
        """
        ours = self.ready.file
        stays = file.model == ours.model
        if stays:
            ready = Ready(file, self.ready.folder, self.ready.primer)
        else:
            ready = Ready(file, find("models", file.model))
        if (sound := self.ready.sound) is not None:
            ready = replace(ready, sound=sound.following(ready))
        return Part(ready, self.policy if stays and file.rl_mix == ours.rl_mix else None)

    def prepared(self, prepared: Prepared) -> Part:
        """Return the part that was looked up in a session which is played again from its log.

        Raises:
            UserError: its model is not there, or is another.
        """
        part = self.with_settings(JamFile.model_validate_json(prepared.settings))
        check_model(part.ready, prepared.sha256)
        part.load()  # as it was then: what comes after it goes on with the same policy
        return part

    def told(self) -> str:
        """Say in JSON whose bars these are: the model, its hash, and all settings."""
        return json.dumps(
            {
                "model": self.ready.folder.resolve().name,
                "sha256": self.load().card.weights_sha256,
                "settings": self.ready.file.model_dump(mode="json"),
            }
        )


def check_model(ready: Ready, sha256: str) -> None:
    """Check that a model is the one that was played.

    Raises:
        UserError: it is another.
    """
    found = read_card(ready.folder).weights_sha256
    if found != sha256:
        raise UserError(
            f"the model that was played, of hash {sha256[:12]}",
            f"one of {found[:12]} in {ready.folder}",
            "name its folder by --model",
        )
