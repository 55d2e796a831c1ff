"""Speaks with recorded fragments, and has another engine speak what has not been recorded."""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping
from pathlib import Path
from typing import Any

from twisted.internet.defer import Deferred, inlineCallbacks, succeed
from twisted.internet.threads import deferToThreadPool

from stationmaster_base.errors import StationError
from stationmaster_broadcast.speech.engine import EngineParts, SpeechEngine, engine_factory, engine_names
from stationmaster_broadcast.speech.fragments import Fragment, FragmentLibrary, Gap, Pause, read_library
from stationmaster_broadcast.speech.joining import cross_fade, resample
from stationmaster_broadcast.speech.pronunciation import PronunciationTable, shipped_pronunciations
from stationmaster_broadcast.speech.recording import Utterance
from stationmaster_broadcast.speech.sound import Sound, equal_loudness, measure, read_wave, silence, trim, write_wave

__all__ = ["FragmentsEngine", "fragments_engine"]

RATE = 22050
"""Hz, as the shipped engine speaks: what fills gaps need not be resampled."""

KEPT_SECONDS = 600.0
"""Of fragments that are kept ready in memory (2 bytes a sample: 26 MB)."""

Offload = Callable[[Callable[[], Any]], Deferred[Any]]


class FragmentsEngine:
    """See the module; a `SpeechEngine`.

    Args:
        library: what has been recorded.
        filler: speaks the gaps; None where there is none, and then a text with a gap fails.
        offload: runs what takes long away from the reactor.
        least_share: of a text that must have been recorded, for fragments to be used at all.
        rate: Hz of what comes out.

    """

    def __init__(
        self,
        library: FragmentLibrary,
        filler: SpeechEngine | None,
        offload: Offload,
        *,
        least_share: float = 0.5,
        rate: int = RATE,
    ) -> None:
        self._library = library
        self._filler = filler
        self._offload = offload
        self._least_share = least_share
        self._rate = rate
        self._ready: dict[Path, Sound] = {}
        self._kept = 0.0

    @property
    def signature(self) -> str:
        """Of the library, how it is joined, and of who fills the gaps."""
        filler = self._filler.signature if self._filler else "none"
        return f"fragments 1 {self._library.signature} {self._rate} {self._least_share} {filler}"

    @property
    def problem(self) -> str:
        """Of who fills the gaps; a text that has been recorded is spoken all the same."""
        return self._filler.problem if self._filler else ""

    def start(self) -> None:
        """Start what fills gaps."""
        if self._filler:
            self._filler.start()

    def stop(self) -> Deferred[None]:
        """Stop it."""
        return self._filler.stop() if self._filler else succeed(None)

    @inlineCallbacks
    def speak(self, utterance: Utterance, path: Path) -> Generator[Deferred[Any], Any, None]:
        """Put it together; fails as the filler does, or with `speech-no-fragment` or `sound-file`."""
        pieces = self._library.plan(utterance, self._least_share)
        gaps: dict[int, Path] = {}
        try:
            for number, piece in enumerate(pieces):
                if isinstance(piece, Gap):
                    if self._filler is None:
                        raise StationError(
                            "speech-no-fragment", f"Nobody has recorded {piece.text!r}.", "Record it, or name a filler."
                        )
                    gaps[number] = path.with_name(f"{path.name}.{number}.part")
                    yield self._filler.speak(Utterance(language=utterance.language, text=piece.text), gaps[number])
            if not any(isinstance(piece, Fragment | Gap) for piece in pieces):
                raise StationError("speech-no-text", "There is nothing to say.")
            yield self._offload(lambda: write_wave(path, self._join(pieces, gaps)))
        except OSError as error:
            raise StationError("speech-file", f"The sound cannot be written: {error}.") from error
        finally:
            for gap in gaps.values():
                gap.unlink(missing_ok=True)

    def _join(self, pieces: tuple[Fragment | Gap | Pause, ...], gaps: Mapping[int, Path]) -> Sound:
        """In a thread: every piece at one rate and one level, faded into the next."""
        parts = []
        for number, piece in enumerate(pieces):
            if isinstance(piece, Pause):
                parts.append(silence(self._rate, piece.seconds))
            elif isinstance(piece, Gap):
                parts.append(self._shaped(read_wave(gaps[number])))
            else:
                parts.append(self._fragment(piece.file))
        return cross_fade([*parts, silence(self._rate, 0.3)])

    def _fragment(self, file: Path) -> Sound:
        sound = self._ready.pop(file, None)
        if sound is None:
            sound = self._shaped(read_wave(file))
            self._kept += sound.seconds
        self._ready[file] = sound
        while self._kept > KEPT_SECONDS and len(self._ready) > 1:
            self._kept -= self._ready.pop(next(iter(self._ready))).seconds
        return sound

    def _shaped(self, sound: Sound) -> Sound:
        sound = resample(sound, self._rate)
        measured = measure(sound)
        return equal_loudness(trim(sound, measured), measured)


def fragments_engine(parts: EngineParts) -> FragmentsEngine:
    """The engine by its settings: `folder`, `filler` (an engine's name, or nothing), `least_share`, `rate`.

    The filler's own settings are the table of its name.
    """
    table = parts.table
    folder = parts.folder / table.text("folder")
    name = table.choice("filler", ("", *(name for name in engine_names() if name != "fragments")), "pyttsx3")
    least_share = table.number("least_share", 0.5, high=1.0)
    rate = table.integer("rate", RATE, low=4000, high=48000)
    filler = engine_factory(name)(parts.at(name)) if name else None
    table.finish()
    reactor: Any = parts.reactor

    def offload(function: Callable[[], Any]) -> Deferred[Any]:
        return deferToThreadPool(reactor, reactor.getThreadPool(), function)

    library = read_library(folder, PronunciationTable(shipped_pronunciations()), table.faults)
    return FragmentsEngine(library, filler, offload, least_share=least_share, rate=rate)
