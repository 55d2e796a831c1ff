"""Telegrams with tags: what a receiver with keys takes, and what it refuses."""

from __future__ import annotations

import zlib
from pathlib import Path

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from stationmaster_telegram import cobs
from stationmaster_telegram.authenticate import Verifier
from stationmaster_telegram.decoder import Counters, Decoder
from stationmaster_telegram.frame import (
    LONGEST_FRAME,
    Header,
    Rejection,
    Telegram,
    compress,
    decode,
    encode,
    payload_room,
)
from stationmaster_telegram.keys import Keyring, SigningKey
from stationmaster_telegram.records import Calls, Content
from stationmaster_telegram.replay import ReplayGuard, SeenFile, Sender
from support.telegrams import call, contents, frame, headers

OLD = SigningKey(id=1, secret=bytes(range(32)))
NEW = SigningKey(id=2, secret=bytes(range(32, 64)))
HEAD = b"\x01\x81QHD\0\x01\0\0\0\x01\0\0\0\x01"
STRANGE = SigningKey(id=1, secret=bytes(32))


class Nothing(SeenFile):
    """A disk that keeps nothing."""

    def __init__(self, full: bool = False) -> None:
        super().__init__(Path("/nowhere"))
        self.full = full

    def read(self) -> dict[Sender, tuple[int, int]]:
        return {}

    def write(self, seen: dict[Sender, tuple[int, int]]) -> None:
        if self.full:
            raise OSError(28, "No space left on device")


def verifier(*keys: SigningKey, full: bool = False) -> Verifier:
    """Takes these keys, and has seen nothing."""
    return Verifier(Keyring(*(keys or (OLD,))), ReplayGuard(Nothing(full), lambda: 0.0))


def signed(sequence: int = 1, key: SigningKey | None = OLD, *, epoch: int = 1) -> bytes:
    """The frame of one call."""
    header = Header(station="QHD", gateway=1, epoch=epoch, sequence=sequence)
    whole = encode(header, Calls(records=(call(sequence),)), key=key)
    assert whole is not None
    return whole


def framed(body: bytes) -> bytes:
    """What stands between the delimiters for a body with a right check sum."""
    return cobs.stuff(body + zlib.crc32(body).to_bytes(4, "big"))


def changed(whole: bytes, at: int, flip: int) -> bytes:
    """The frame with another byte in its body, and with a right check sum: a forger's, not the line's."""
    body = bytearray(cobs.unstuff(whole[1:-1])[:-4])
    body[at] ^= flip
    return framed(bytes(body))


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(headers, contents, st.sampled_from([OLD, NEW]))
def test_every_signed_telegram_comes_back(header: Header, content: Content, key: SigningKey) -> None:
    """Whatever fits has at most 240 bytes and comes back equal at a receiver that has the key."""
    whole = encode(header, content, key=key)
    assume(whole is not None)
    assert whole is not None
    assert len(whole) <= LONGEST_FRAME
    assert decode(whole[1:-1], header.station, verifier(OLD, NEW)) == Telegram(header=header, content=content)


@given(st.data())
def test_a_forger_changes_nothing(data: st.DataObject) -> None:
    """One byte changed anywhere, with the check sum made right again, and the telegram is refused."""
    whole = signed()
    at = data.draw(st.integers(0, len(cobs.unstuff(whole[1:-1])) - 5))
    with pytest.raises(Rejection) as caught:
        decode(changed(whole, at, data.draw(st.integers(1, 255))), "QHD", verifier())
    assert caught.value.reason in {
        0: {"unknown_versions"},
        1: {"bad_tags", "unauthenticated"},
        **{place: {"unknown_stations"} for place in range(2, 6)},
        15: {"unknown_keys"},
    }.get(at, {"bad_tags"})


@given(st.binary(max_size=230))
def test_any_bytes_at_a_receiver_with_keys_are_rejected(body: bytes) -> None:
    """Nothing but a Rejection comes of noise, also where it looks like the beginning of a signed telegram."""
    for whole in (body, (HEAD + body)[:234]):
        with pytest.raises(Rejection):
            decode(framed(whole), "QHD", verifier())


@pytest.mark.parametrize(
    ("stuffed", "reason"),
    [
        (frame(Calls(records=(call(),)))[1:-1], "unauthenticated"),
        (changed(frame(Calls(records=(call(),))), 1, 0x40), "unauthenticated"),
        (signed(key=NEW)[1:-1], "unknown_keys"),
        (signed(key=STRANGE)[1:-1], "bad_tags"),
        (framed(HEAD + b"\x011234567"), "bad_tags"),
    ],
)
def test_each_kind_of_refusal_has_its_word(stuffed: bytes, reason: str) -> None:
    """No tag, a key that nobody knows, a wrong tag and no room for one are told apart."""
    with pytest.raises(Rejection) as caught:
        decode(stuffed, "QHD", verifier())
    assert caught.value.reason == reason


def test_a_right_tag_over_nonsense_is_nonsense() -> None:
    """The key's owner may send a type or a flag of a later time, or what does not inflate: told as what it is."""
    wrong = ((0x89, b"\x03\0", "unknown_types"), (0xC1, b"\x03\0", "unknown_types"), (0x81, b"\xff", "malformed"))
    for kind, stream, reason in wrong:
        head = HEAD[:1] + bytes((kind,)) + HEAD[2:] + bytes((OLD.id,))
        with pytest.raises(Rejection) as caught:
            decode(framed(head + OLD.tag(head + stream) + stream), "QHD", verifier())
        assert caught.value.reason == reason


def test_a_receiver_with_keys_counts_everything_apart() -> None:
    """Telegrams of the old and the new key are taken while keys are changed; replays and all else count."""
    judge = verifier(OLD, NEW)
    assert judge.latest_key is None
    decoder = Decoder("QHD", judge)
    recorded = signed(1)
    stream = recorded + signed(2, NEW) + recorded + frame(Calls(records=(call(3),)), 3) + signed(4, STRANGE)
    decoder.receive_data(stream)
    events = list(iter(decoder.next_event, None))
    assert [event.header.sequence for event in events if isinstance(event, Telegram)] == [1, 2]
    assert decoder.counters == Counters(bytes=len(stream), frames=2, replays=1, unauthenticated=1, bad_tags=1)
    assert judge.latest_key == NEW.id


def test_a_recording_of_an_older_epoch_is_never_taken() -> None:
    """However long the gateway has been silent: what an older epoch said is a replay."""
    decoder = Decoder("QHD", verifier())
    decoder.receive_data(signed(1, epoch=5) + signed(900, epoch=4))
    assert (decoder.counters.frames, decoder.counters.replays) == (1, 1)


def test_a_full_disk_takes_nothing_and_says_so() -> None:
    """Better a line that is lost, and is seen to be, than one that takes a recording after the next start."""
    decoder = Decoder("QHD", verifier(full=True))
    decoder.receive_data(signed(1) + signed(2))
    assert (decoder.counters.frames, decoder.counters.not_kept) == (0, 2)


def test_a_receiver_without_keys_takes_no_signed_telegram() -> None:
    """It cannot know whether the tag is right, so it counts it and takes nothing from it."""
    decoder = Decoder("QHD")
    decoder.receive_data(signed(1))
    assert (decoder.counters.frames, decoder.counters.unknown_keys) == (0, 1)


def test_a_tag_costs_nine_bytes_of_room() -> None:
    """A payload that just fits without a tag does not fit with one, and is never cut."""
    assert (payload_room(), payload_room(True)) == (218, 209)
    header = Header(station="QHD", gateway=1, epoch=1, sequence=1)
    contents_of = (Calls(records=(call(reason="".join(map(chr, range(0x4E00, 0x4E00 + n)))),)) for n in range(90))
    content = next(one for one in contents_of if compress(one, payload_room(True)) is None)
    stream = compress(content, payload_room())
    assert stream is not None
    assert encode(header, content, stream) is not None
    assert encode(header, content, stream, OLD) is None
    assert encode(header, content, key=OLD) is None


def test_files_make_a_verifier(tmp_path: Path) -> None:
    """Keys from one file, what was seen in another, also over an end in order."""
    keys = tmp_path / "line.keys"
    keys.write_text(f'[[key]]\nid = 1\nsecret = "{OLD.secret.hex()}"\n', "utf-8")
    keys.chmod(0o600)
    for sequence, taken in ((1, 1), (1, 0), (2, 1)):
        one = Verifier.open(keys, tmp_path / "seen.json", lambda: 0.0)
        decoder = Decoder("QHD", one)
        decoder.receive_data(signed(sequence))
        assert decoder.counters.frames == taken
        one.close()
