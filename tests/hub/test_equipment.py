"""What subsystems tell of their hardware, and what the hub keeps of it."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from stationmaster.hub.alarms.sign import Severity
from stationmaster.hub.subsystems import equipment
from stationmaster.hub.subsystems.equipment import EquipmentBook
from stationmaster_base.times import Instant
from stationmaster_protocol.equipment import AlarmSign, Condition, Device, Evidence, Readback
from stationmaster_protocol.messages import Deletion, Report


def device(name: str, condition: Condition = Condition.OK, **more: object) -> Device:
    return Device(id=name, kind="board", condition=condition, since=Instant(5), **more)  # type: ignore[arg-type]


def readback(target: str) -> Readback:
    return Readback(target=target, at=Instant(5), evidence=Evidence.READ)


def alarm(name: str, cause: str = "") -> AlarmSign:
    texts = (("zh", f"{name}坏"), ("en", f"{name} is bad"))
    return AlarmSign(id=name, severity=Severity.WARNING, since=Instant(5), cause=cause, texts=texts)


class Book:
    """A book, with what it told."""

    def __init__(self) -> None:
        self.time = 100.0
        self.book = EquipmentBook(lambda: self.time)
        self.told: list[tuple[list[str], list[str]]] = []
        self.back: list[str] = []
        self.book.on_change(
            lambda devices, gone: self.told.append(([each.id for each in devices], [each.id for each in gone]))
        )
        self.book.on_whole(self.back.append)

    def tell(self, identity: str, **report: object) -> None:
        self.book.observed(identity, Report(number=1, **report))  # type: ignore[arg-type]

    def conditions(self) -> dict[str, Condition]:
        return {f"{each.identity}/{each.id}": each.condition for each in self.book.devices()}


def test_everything_and_then_differences() -> None:
    """The first report is all that there is; a later one changes what it names; what is gone is gone."""
    book = Book()
    book.tell("guidance", whole=True, devices=(device("a"), device("b")), readbacks=(readback("hall"),))
    book.tell("guidance", devices=(device("b", Condition.FAULTY),))
    assert book.conditions() == {"guidance/a": Condition.OK, "guidance/b": Condition.FAULTY}
    book.tell("guidance", gone=(Deletion(kind="device", id="a"), Deletion(kind="readback", id="hall")))
    assert book.conditions() == {"guidance/b": Condition.FAULTY}
    assert list(book.book.readbacks()) == []
    book.tell("guidance", whole=True, devices=(device("c"),))
    assert book.conditions() == {"guidance/c": Condition.OK}
    assert book.told == [
        (["a", "b"], []),
        (["b"], []),
        ([], ["guidance/a"]),
        (["c"], ["guidance/b"]),
    ]
    assert book.back == ["guidance", "guidance"]


def test_nothing_different_is_nothing_told() -> None:
    """The same again, or something of no kind that is known, changes nothing."""
    book = Book()
    book.tell("guidance", whole=True, devices=(device("a"),))
    book.tell("guidance", devices=(device("a"),), gone=(Deletion(kind="lift", id="a"), Deletion(kind="device", id="x")))
    assert len(book.told) == 1


def test_when_a_session_is_over_its_devices_are_absent_since_then() -> None:
    """They are still listed; what was read back and what was wrong is not known any more; a return makes it so."""
    book = Book()
    book.tell("guidance", whole=True, devices=(device("a"),), readbacks=(readback("hall"),), alarms=(alarm("x"),))
    book.time = 160.5
    book.book.lost("guidance")
    (lost,) = book.book.devices()
    assert (lost.condition, lost.since) == (Condition.ABSENT, 160)
    assert list(book.book.readbacks()) == []
    assert list(book.book.signs()) == []
    book.book.lost("guidance")
    book.book.lost("stranger")
    assert book.told == [(["a"], []), (["a"], [])]
    book.tell("guidance", whole=True, devices=(device("a"), device("b")))
    assert set(book.conditions().values()) == {Condition.OK}


def test_who_serves_a_target() -> None:
    """By the targets of devices and by what was read back; nobody else."""
    book = Book()
    book.tell("broadcast", whole=True, devices=(device("amplifier", targets=("waiting-A", "waiting-B")),))
    book.tell("guidance", whole=True, readbacks=(readback("hall"),))
    assert book.book.serving(("waiting-B", "hall", "waiting-B", "gate")) == {
        "broadcast": ("waiting-B",),
        "guidance": ("hall",),
    }


def test_alarms_of_subsystems_and_of_devices_become_signs() -> None:
    """A subsystem's own alarm keeps its cause; a device that it explains is not told twice; others are."""
    book = Book()
    book.tell(
        "broadcast",
        whole=True,
        devices=(
            device("amp-1", Condition.FAULTY, targets=("A",), detail="no output"),
            device("amp-2", Condition.FAULTY),
            device("amp-3", Condition.ABSENT),
            device("amp-4", Condition.OFF),
        ),
        alarms=(alarm("no-sound", cause="amp-2"),),
    )
    signs = {(sign.identity, sign.id): sign for sign in book.book.signs()}
    assert set(signs) == {
        ("broadcast", "no-sound"),
        ("", "device-faulty/broadcast/amp-1"),
        ("", "device-absent/broadcast/amp-3"),
    }
    own = signs["broadcast", "no-sound"]
    assert (own.cause, own.since, own.after_s, own.severity) == ("amp-2", 5, 0.0, Severity.WARNING)
    assert (own.zh, own.en) == ("broadcast: no-sound坏", "broadcast: no-sound is bad")
    faulty = signs["", "device-faulty/broadcast/amp-1"]
    assert (faulty.severity, faulty.cause) == (Severity.ALARM, "broadcast/amp-1")
    assert faulty.en == "Device amp-1 of broadcast (A) is faulty: no output"
    assert faulty.zh == "broadcast 设备 amp-1 (A) 故障: no output"


def test_an_alarm_without_words_is_told_by_its_name() -> None:
    """In whatever language there is, or by its id."""
    book = Book()
    french = AlarmSign(id="y", severity=Severity.ALARM, since=Instant(1), texts=(("fr", "panne"),))
    silent = AlarmSign(id="z", severity=Severity.ALARM, since=Instant(1))
    book.tell("x", whole=True, alarms=(french, silent))
    assert [sign.en for sign in book.book.signs()] == ["x: panne", "x: z"]


def test_a_wild_subsystem_is_bounded_and_told() -> None:
    """What is beyond the limit is not taken; others are none the worse; with its next whole report it is forgiven."""
    book = Book()
    many = tuple(device(str(number)) for number in range(equipment.MOST_DEVICES + 7))
    book.tell("wild", whole=True, devices=many)
    assert len(book.book.devices_of("wild")) == equipment.MOST_DEVICES
    assert [sign.id for sign in book.book.signs()] == ["equipment-too-much/wild"]
    book.tell("tame", whole=True, devices=(device("a"),))
    assert len(book.book.devices_of("tame")) == 1
    book.tell("wild", whole=True, devices=many[:3])
    assert [sign.id for sign in book.book.signs()] == []


def test_of_many_that_came_and_went_the_first_are_forgotten() -> None:
    """Identities that are gone do not pile up, and who listens is told of their devices."""
    book = Book()
    for number in range(equipment.MOST_IDENTITIES + 2):
        book.tell(f"s{number}", whole=True, devices=(device("a"),))
        book.book.lost(f"s{number}")
    assert len(book.conditions()) == equipment.MOST_IDENTITIES
    assert book.told[-1] == ([], ["s1/a"])


REPORTS = st.builds(
    Report,
    number=st.just(1),
    whole=st.booleans(),
    devices=st.lists(st.builds(device, st.sampled_from("abcd"), st.sampled_from(Condition)), max_size=4).map(tuple),
    gone=st.lists(st.builds(Deletion, kind=st.just("device"), id=st.sampled_from("abcd")), max_size=3).map(tuple),
)


@given(st.lists(st.tuples(st.sampled_from("xy"), st.none() | REPORTS), max_size=12))
@settings(max_examples=150, deadline=None)
def test_who_listens_knows_as_much_as_the_book(happenings: list[tuple[str, Report | None]]) -> None:
    """The devices that were told, put together, are those that there are, whatever was reported and lost."""
    book = EquipmentBook(lambda: 7.0)
    known: dict[str, Device] = {}

    def changed(devices: tuple[Device, ...], gone: tuple[Deletion, ...]) -> None:
        for each in gone:
            del known[each.id]
        known.update({f"{each.identity}/{each.id}": each for each in devices})

    book.on_change(changed)
    for identity, report in happenings:
        if report is None:
            book.lost(identity)
        else:
            book.observed(identity, report)
        assert known == {f"{each.identity}/{each.id}": each for each in book.devices()}
