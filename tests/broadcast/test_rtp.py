"""Packets as RFC 3550 and RFC 3551 have them, and G.711 as the decoders of others read it."""

import struct
from array import array

import pytest
from av import AudioFrame, CodecContext, Packet
from hypothesis import given
from hypothesis import strategies as st

from stationmaster_broadcast.loudspeakers.rtp import (
    RATES,
    AudioFormat,
    RtpStream,
    audio_format,
    goodbye,
    sender_report,
    session_description,
)

DECODERS = {"pcma": "pcm_alaw", "pcmu": "pcm_mulaw"}


def decoded(name: str, data: bytes) -> list[int]:
    """The samples, as FFmpeg's decoder gives them."""
    context = CodecContext.create(DECODERS[name], "r")
    context.sample_rate = 8000  # type: ignore[attr-defined]  # of an audio codec
    context.layout = "mono"  # type: ignore[attr-defined]
    frames = [*context.decode(Packet(data)), *context.decode(None)]  # type: ignore[attr-defined]
    samples = array("h")
    for frame in frames:
        assert isinstance(frame, AudioFrame)
        samples.frombytes(bytes(frame.planes[0])[: 2 * frame.samples])
    return samples.tolist()


def stream(audio: AudioFormat | None = None, **more: int) -> RtpStream:
    return RtpStream(audio or audio_format("pcma"), **{"ssrc": 0x01020304, "sequence": 7, "timestamp": 1000, **more})


def header(packet: bytes) -> tuple[int, bool, int, int, int]:
    """Payload type, marker, sequence, timestamp, source."""
    first, second, sequence, timestamp, ssrc = struct.unpack(">BBHII", packet[:12])
    assert first == 0x80
    return second & 0x7F, bool(second & 0x80), sequence, timestamp, ssrc


def test_a_packet_byte_for_byte() -> None:
    """Version 2, the marker and PCMA (8), number, timestamp and source in network order, then the sound."""
    sent = stream()
    sent.spurt(2.0)
    assert sent.packet(b"\xd5" * 2) == bytes.fromhex("80 88 0007 00004268 01020304 d5d5")
    assert sent.packet(b"\x55") == bytes.fromhex("80 08 0008 0000426a 01020304 55")


def test_only_the_first_packet_of_a_spurt_bears_the_marker_and_silence_counts() -> None:
    """The timestamp stands still for nobody: a second of silence is 8000 of them."""
    sent = stream()
    sent.spurt(10.0)
    found = [header(sent.packet(bytes(160))) for _ in range(3)]
    sent.spurt(11.06)
    found.append(header(sent.packet(bytes(160))))
    assert [item[1] for item in found] == [True, False, False, True]
    assert [item[3] - found[0][3] for item in found] == [0, 160, 320, 8480]
    assert [item[2] for item in found] == [7, 8, 9, 10]


def test_a_spurt_never_goes_back_in_time() -> None:
    """Sound that was sent in a burst reaches into the next spurt's time: that begins where it ends."""
    sent = stream()
    sent.spurt(1.0)
    first = header(sent.packet(bytes(1600)))
    sent.spurt(1.1)
    assert header(sent.packet(bytes(160)))[3] - first[3] == 1600


def test_numbers_go_round() -> None:
    """After 65535 comes 0, and timestamps are cut to 32 bits."""
    sent = stream(sequence=0xFFFF, timestamp=0xFFFFFFFF)
    sent.spurt(0.0)
    found = [header(sent.packet(bytes(160))) for _ in range(2)]
    assert [item[2:4] for item in found] == [(0xFFFF, 0xFFFFFFFF), (0, 159)]


@pytest.mark.parametrize("name", ["pcma", "pcmu"])
def test_every_code_is_what_another_decoder_takes_it_for(name: str) -> None:
    """Decoded by FFmpeg and encoded again by us, each of the 256 codes is itself; but for the second zero."""
    codes = bytes(range(256))
    samples = array("h", decoded(name, codes))
    again = audio_format(name).encode(samples)
    assert [(a, b) for a, b in zip(codes, again, strict=True) if a != b] == ([(0x7F, 0xFF)] if name == "pcmu" else [])


@pytest.mark.parametrize(("name", "loudest"), [("pcma", 32256), ("pcmu", 32124)])
def test_every_sample_is_met_within_its_step(name: str, loudest: int) -> None:
    """None is off by more than half a step of its segment, about a 32nd of itself, or what full scale cannot hold."""
    samples = array("h", range(-32768, 32768))
    found = decoded(name, audio_format(name).encode(samples))
    for sample, heard in zip(samples, found, strict=True):
        assert abs(heard - sample) <= max(8, (abs(sample) + 133) / 32, abs(sample) - loudest)
        assert not heard or (heard > 0) == (sample >= 0)


@given(st.lists(st.integers(-32768, 32767)))
def test_l16_is_the_samples_in_network_order(samples: list[int]) -> None:
    """Two bytes each, the higher first."""
    assert audio_format("l16", 48000).encode(array("h", samples)) == struct.pack(f">{len(samples)}h", *samples)


@pytest.mark.parametrize("rate", RATES)
def test_packets_go_through_any_network_whole(rate: int) -> None:
    """20 ms, or 10 where that would be too long; always whole samples."""
    audio = audio_format("l16", rate)
    assert audio.packet_s in (0.02, 0.01)
    assert audio.samples == rate * audio.packet_s
    assert audio.samples * audio.width + 40 <= 1500


def test_types_are_those_that_are_fixed_or_dynamic_ones() -> None:
    """RFC 3551, table 4: 0, 8, and 11 for L16 of 44100 Hz; any other L16 has a dynamic one."""
    formats = [audio_format("pcmu"), audio_format("pcma"), audio_format("l16", 44100), audio_format("l16", 16000)]
    assert [audio.payload_type for audio in formats] == [0, 8, 11, 96]
    assert audio_format("l16", 44100, 100).payload_type == 100


def test_a_sender_report_byte_for_byte() -> None:
    """The moment in both clocks, what was sent, and who sends; padded to whole words."""
    report = sender_report(0xAABBCCDD, unix=0.5, timestamp=160, packets=2, octets=320, name="abc")
    assert report == bytes.fromhex(
        "80c80006 aabbccdd 83aa7e80 80000000 000000a0 00000002 00000140 81ca0003 aabbccdd 0103616263000000"
    )


def test_a_goodbye_byte_for_byte() -> None:
    """After an empty receiver report, with which every compound packet begins."""
    assert goodbye(0xAABBCCDD) == bytes.fromhex("80c90001 aabbccdd 81cb0001 aabbccdd")


def test_a_description_says_where_and_what() -> None:
    """Multicast with its hops, one host without; type, encoding, rate, packet time."""
    text = session_description(audio_format("l16", 48000), name="hall", address="239.1.2.3", port=5004, hops=4)
    assert "c=IN IP4 239.1.2.3/4\r\n" in text
    assert "m=audio 5004 RTP/AVP 96\r\na=rtpmap:96 L16/48000/1\r\na=ptime:10\r\n" in text
    one = session_description(audio_format("pcmu"), name="x", address="10.0.0.9", port=5004, hops=4)
    assert "c=IN IP4 10.0.0.9\r\n" in one
