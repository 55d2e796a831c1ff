"""The plan desk itself: files, draft and versions on disk. It knows no web and no kernel, and is used in one thread.

Nothing that is put here goes live: it is drafted. `apply` and `put_back` replace the station's files, all or none.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from stationmaster.hub.plan_desk.draft import Draft, DraftBook, DraftedFile
from stationmaster.hub.plan_desk.files import ABSENT, kind_of, live_files, proper_text, tag_of
from stationmaster.hub.plan_desk.hunks import hunks
from stationmaster.hub.plan_desk.refusals import DeskRefusal
from stationmaster.hub.plan_desk.versions import Version, VersionBook
from stationmaster.station.replacing import Intent, Shelf, begin_replacing, content_hash, desk_of, finish_replacing
from stationmaster_base.errors import Fault
from stationmaster_base.times import Instant

__all__ = ["DeskFile", "PlanDesk", "text_of"]


@dataclass(frozen=True, slots=True, kw_only=True)
class DeskFile:
    """One file as the desk shows it: drafted, if it is, else as it is used.

    `shown` is None for a file that is not there or is to go, `live` for one that is not used. `stale`: what is used is
    another than when it was drafted.
    """

    name: str
    shown: bytes | None
    live: bytes | None
    drafted: DraftedFile | None = None

    @property
    def tag(self) -> str:
        """Tells this state of the file from any other."""
        return tag_of(self.shown, self.live)

    @property
    def stale(self) -> bool:
        """Whether the file was changed in the folder since it was drafted."""
        return self.drafted is not None and self.drafted.live != _hash(self.live)


class PlanDesk:
    """The files of one station.

    Args:
        folder: the station's.
        now: station time.
        probe: told the points that a replacement passes; for tests that end it there.

    """

    def __init__(self, folder: Path, now: Callable[[], float], probe: Callable[[str], None] = lambda _: None) -> None:
        self._folder = folder
        self._desk = desk_of(folder)
        self._now = now
        self._probe = probe
        self._shelf = Shelf(self._desk)
        self._drafts = DraftBook(self._desk)
        self._versions = VersionBook(self._desk)

    def draft(self) -> Draft:
        """What is drafted. What is used already is no draft: it was applied, or somebody put it into the folder."""
        draft = self._drafts.read()
        if not draft.files:
            return draft
        live = {name: content_hash(content) for name, content in live_files(self._folder).items()}
        return Draft(files={name: file for name, file in draft.files.items() if file.shown != live.get(name)})

    def files(self) -> list[DeskFile]:
        """Every file that is used or drafted."""
        live, draft = live_files(self._folder), self.draft()
        names = [*live, *(name for name in draft.files if name not in live)]
        return [self._file(name, live.get(name), draft.files.get(name)) for name in names]

    def file(self, name: str) -> DeskFile:
        """One file, there or not.

        Raises:
            DeskRefusal: no file is called so.

        """
        kind_of(name)
        return self._file(name, live_files(self._folder).get(name), self.draft().files.get(name))

    def put(self, name: str, text: str | None, known: str, by: str) -> DeskFile:
        """Draft a file, or with None that it is to go.

        Args:
            name: which.
            text: what it is to say.
            known: the tag of what the writer saw.
            by: who.

        Raises:
            DeskRefusal: it cannot be; or what the writer saw is not what is there, and the faults say what differs.

        """
        kind = kind_of(name)
        content = None if text is None else proper_text(name, text)
        if content is None and kind.needed:
            raise DeskRefusal("file-needed", f"There is no station without {name}.")
        before = self.file(name)
        if known != before.tag:
            raise self._moved(before, known)
        shown = None if content is None else self._shelf.put(content)
        live = None if before.live is None else self._shelf.put(before.live)
        drafted = DraftedFile(shown=shown, live=live, by=by, at=Instant(int(self._now())))
        self._drafts.write(self.draft().put(name, drafted))
        return self.file(name)

    def take_in(self, contents: Mapping[str, bytes], by: str) -> None:
        """Draft several files at once, whatever was drafted of them."""
        live, draft = live_files(self._folder), self.draft()
        at = Instant(int(self._now()))
        for name, content in contents.items():
            used = live.get(name)
            drafted = DraftedFile(
                shown=self._shelf.put(content),
                live=None if used is None else self._shelf.put(used),
                by=by,
                at=at,
            )
            draft = draft.put(name, drafted)
        self._drafts.write(draft)

    def drop(self, name: str = "") -> None:
        """Let go of what is drafted of a file, or of all.

        Raises:
            DeskRefusal: no file is called so, or nothing is drafted.

        """
        draft = self.draft()
        if name:
            kind_of(name)
        if name not in draft.files if name else not draft.files:
            raise DeskRefusal("nothing-drafted", f"Nothing is drafted{f' of {name}' if name else ''}.")
        self._drafts.write(draft.drop(name) if name else Draft())

    def settle(self) -> None:
        """Let go of what is used by now."""
        self._drafts.write(self.draft())

    def drafted_contents(self, known: str | None = None) -> dict[str, bytes]:
        """The files of the station that the draft makes; without a draft, of the one that is used.

        Args:
            known: the digest of the draft that is meant; None: whichever there is.

        Raises:
            DeskRefusal: the draft is another, or what is used is not what it was when it was drafted.

        """
        draft = self.draft()
        if known is not None and draft.digest != known:
            who = ", ".join(sorted({file.by for file in draft.files.values()})) or "somebody"
            raise DeskRefusal("draft-changed", f"The draft was changed meanwhile ({who}).", "Check it again.")
        contents = {}
        for file in self.files():
            if known is not None and file.stale:
                raise DeskRefusal(
                    "draft-stale",
                    f"{file.name} was changed in the station's folder since it was drafted.",
                    "Look at what differs, and save your draft of it again, or drop it.",
                    self._changed_beneath(file),
                )
            if file.shown is not None:
                contents[file.name] = file.shown
        return contents

    def versions(self) -> list[Version]:
        """The versions that are kept, the newest first."""
        return self._versions.all()

    def contents_of(self, number: int) -> dict[str, bytes]:
        """The files of a version."""
        return {name: self._shelf.get(item) for name, item in self._versions.get(number).files.items()}

    def current(self) -> Version:
        """The version of what is used; if the folder says what no version does, it becomes one, as found."""
        live = {name: content_hash(content) for name, content in live_files(self._folder).items()}
        newest = self._versions.newest()
        if newest is not None and dict(newest.files) == live:
            return newest
        before = {} if newest is None else newest.files
        for content in live_files(self._folder).values():
            self._shelf.put(content, durable=False)  # it stands in the folder as well
        found = Version(
            number=1 if newest is None else newest.number + 1,
            at=Instant(int(self._now())),
            by="",
            why="",
            files=live,
            changed=_changed(before, live),
        )
        self._versions.add(found)
        return found

    def apply(self, contents: Mapping[str, bytes], by: str, why: str, *, again: int = 0) -> Version:
        """Have the station's folder say this, and nothing else; what it said is kept as a version.

        Args:
            contents: all files.
            by: who applies it.
            why: in his words.
            again: the version that is put back, 0 if it is the draft.

        Raises:
            OSError: it cannot be written. What was begun is finished at the next start.

        """
        finish_replacing(self._folder)
        before = self.current()
        files = {name: self._shelf.put(content) for name, content in contents.items()}
        version = Version(
            number=before.number + 1,
            at=Instant(int(self._now())),
            by=by,
            why=why,
            files=files,
            changed=_changed(before.files, files),
            again=again,
        )
        intent = Intent(
            files={name: files.get(name) for name in version.changed},
            version=version.name,
            record=version.record,
        )
        begin_replacing(self._folder, intent, self._probe)
        self._sweep()
        return version

    def _sweep(self) -> None:
        kept = {item for version in self._versions.thin() for item in version.files.values()}
        for file in self.draft().files.values():
            kept |= {item for item in (file.shown, file.live) if item is not None}
        self._shelf.sweep(kept)

    def _file(self, name: str, live: bytes | None, drafted: DraftedFile | None) -> DeskFile:
        if drafted is None:
            return DeskFile(name=name, shown=live, live=live)
        shown = None if drafted.shown is None else self._shelf.get(drafted.shown)
        return DeskFile(name=name, shown=shown, live=live, drafted=drafted)

    def _moved(self, file: DeskFile, known: str) -> DeskRefusal:
        """What whoever saw `known` has to know of the file as it is."""
        seen, _, used = known.partition(".")
        who = f" by {file.drafted.by}" if file.drafted is not None else ""
        if used != (_hash(file.live) or ABSENT):
            who = " in the station's folder" if file.drafted is None or file.stale else who
        before = self._shelf.get(seen) if len(seen) == 64 and seen.isalnum() and self._shelf.has(seen) else b""
        return DeskRefusal(
            "file-moved",
            f"{file.name} was changed{who} since you read it.",
            "Take over what differs, and save it again.",
            hunks(file.name, text_of(before), text_of(file.shown)),
        )

    def _changed_beneath(self, file: DeskFile) -> tuple[Fault, ...]:
        base = None if file.drafted is None or file.drafted.live is None else self._shelf.get(file.drafted.live)
        return hunks(file.name, text_of(base), text_of(file.live))


def _changed(before: Mapping[str, str], after: Mapping[str, str]) -> tuple[str, ...]:
    names = dict.fromkeys((*after, *before))
    return tuple(name for name in names if before.get(name) != after.get(name))


def _hash(content: bytes | None) -> str | None:
    return None if content is None else content_hash(content)


def text_of(content: bytes | None) -> str:
    """A content as text; what is no UTF-8 is shown as far as it is."""
    return "" if content is None else content.decode("utf-8", "replace")
