"""`[broadcast.emergency]` of the configuration file: the tone, what is said, how long it goes on."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from stationmaster_base.configuration import Table
from stationmaster_base.errors import StationError
from stationmaster_broadcast.emergencies.emergency_tone import LONGEST_S, SHORTEST_S
from stationmaster_broadcast.speech.sound import read_wave

__all__ = ["EVACUATION", "STAND_IN", "STAND_IN_TEXTS", "EmergencySettings", "MessageSettings"]

EVACUATION = "evacuation"
"""The message that is said if none is named, unless the station's own first message is another."""

STAND_IN = "attention"
"""The message that is true of every emergency: it is said where an emergency's own words cannot be."""

_EVACUATION_TEXTS = (
    (
        "zh",
        "旅客们请注意，现在有紧急情况，请保持镇静，听从工作人员的引导，从最近的安全出口离开车站。不要乘坐电梯，不要返回。",
    ),
    (
        "en",
        "Attention please. This is an emergency. Leave the station now by the nearest exit, and follow our staff. "
        "Do not use the lifts, and do not go back.",
    ),
)
STAND_IN_TEXTS = (
    ("zh", "旅客们请注意，现在有紧急情况，请保持镇静，听从工作人员的引导。"),
    ("en", "Attention please. This is an emergency. Please stay calm, and do as our staff tell you."),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageSettings:
    """One message: a recording made by people, its texts, or a template of the station, whose words go before `texts`.

    The texts stand in the record and are spoken where there is no recording.
    """

    id: str
    template: str = ""
    texts: tuple[tuple[str, str], ...] = ()
    recording: Path | None = None


SHIPPED = (
    MessageSettings(id=EVACUATION, template="topic.evacuation", texts=_EVACUATION_TEXTS),
    MessageSettings(id=STAND_IN, template="topic.attention", texts=STAND_IN_TEXTS),
)
"""Used under these ids where the file has no messages of its own under them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EmergencySettings:
    """How emergencies go.

    `tone_s`: seconds of the tone before the message (4 to 10). `pause_s`: seconds between the message's end and the
    next tone. `limit_min`: minutes after which it ends by itself; 0: never. `messages`: the usual one first.
    `state`: the file that keeps what is under way; `kept`: the folder of recordings made ready.
    """

    state: Path
    kept: Path
    tone_s: float = 6.0
    pause_s: float = 2.0
    limit_min: int = 120
    messages: tuple[MessageSettings, ...] = SHIPPED

    @staticmethod
    def from_table(table: Table, folder: Path, sounds: Path) -> EmergencySettings:
        """Read it; faults go to the table's, paths count from `folder`, and what is kept stands in `sounds`."""
        own = tuple(_message(each, folder) for each in table.tables("message"))
        for number, message in enumerate(own):
            if message.id in [other.id for other in own[:number]]:
                table.fault("message", f"{message.id!r} stands there twice", "each once")
        kept = sounds / "emergency"
        settings = EmergencySettings(
            state=kept / "state.json",
            kept=kept,
            tone_s=table.number("tone_s", 6.0, low=SHORTEST_S, high=LONGEST_S),
            pause_s=table.number("pause_s", 2.0, low=1.0, high=60.0),
            limit_min=table.integer("limit_min", 120, high=10_080),
            messages=(*own, *(each for each in SHIPPED if each.id not in [message.id for message in own])),
        )
        table.finish()
        return settings


def _message(table: Table, folder: Path) -> MessageSettings:
    recording = table.text("recording", "")
    message = MessageSettings(
        id=table.identifier("id"),
        template=table.text("template", ""),
        texts=tuple(table.languages("texts").items()) if "texts" in table else (),
        recording=folder / recording if recording else None,
    )
    if not message.texts and not message.template:
        table.fault("texts", "is missing", 'texts = { zh = "…", en = "…" }, or template = "…"')
    if message.recording is not None:
        try:
            read_wave(message.recording)
        except StationError as error:
            table.fault("recording", error.message, "a wave file of one channel and 16 bits")
    table.finish()
    return message
