"""Keys: tags as the standards have them, and a file that gives nothing away."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from stationmaster_base.errors import StationError
from stationmaster_telegram.keys import Algorithm, Keyring, SigningKey, load_keyring

SECRET = bytes(range(32))
GOOD = f'[[key]]\nid = 3\nsecret = "{SECRET.hex()}"\n'


def written(folder: Path, text: str, mode: int = 0o600) -> Path:
    """A file of keys."""
    file = folder / "line.keys"
    file.write_text(text, "utf-8")
    file.chmod(mode)
    return file


def test_a_tag_is_the_beginning_of_the_hmac() -> None:
    """RFC 4231, test case 1: the first 8 bytes of HMAC-SHA-256."""
    key = SigningKey(id=1, secret=b"\x0b" * 20)
    assert key.tag(b"Hi There").hex() == "b0344c61d8db3853"


def test_a_tag_with_sm3_is_right_or_refused() -> None:
    """GB/T 32905-2016 under RFC 2104, where OpenSSL has SM3; elsewhere such a key cannot be made."""
    if "sm3" not in hashlib.algorithms_available:
        with pytest.raises(ValueError, match="sm3"):
            SigningKey(id=1, algorithm=Algorithm.SM3, secret=SECRET)
        return
    assert hashlib.new("sm3", b"abc").hexdigest().startswith("66c7f0f462eeedd9d1f2d46bdc10e4e2")
    inner = bytes(byte ^ 0x36 for byte in SECRET.ljust(64, b"\0"))
    outer = bytes(byte ^ 0x5C for byte in SECRET.ljust(64, b"\0"))
    whole = hashlib.new("sm3", outer + hashlib.new("sm3", inner + b"x").digest()).digest()
    assert SigningKey(id=1, algorithm=Algorithm.SM3, secret=SECRET).tag(b"x") == whole[:8]


@pytest.mark.parametrize(
    ("key_id", "secret"), [(0, SECRET), (256, SECRET), (1, SECRET[:15]), (1, SECRET + SECRET + b"x")]
)
def test_a_key_that_is_not_possible_cannot_be_made(key_id: int, secret: bytes) -> None:
    """Ids are 1 to 255, secrets 16 to 64 bytes."""
    with pytest.raises(ValueError, match=r"id|secret"):
        SigningKey(id=key_id, secret=secret)


def test_a_ring_takes_every_key_in_it_and_no_other() -> None:
    """While keys are changed the old and the new one are taken; a tag of one is none of another."""
    old, new = SigningKey(id=1, secret=SECRET), SigningKey(id=2, secret=SECRET[::-1])
    ring = Keyring(old, new)
    assert ring.ids == (1, 2)
    assert ring.verify(1, b"x", old.tag(b"x"))
    assert ring.verify(2, b"x", new.tag(b"x"))
    assert not ring.verify(1, b"x", new.tag(b"x"))
    assert not ring.verify(1, b"y", old.tag(b"x"))
    assert not ring.verify(3, b"x", old.tag(b"x"))
    for keys in ((), (old, old)):
        with pytest.raises(ValueError, match="twice"):
            Keyring(*keys)


def test_keys_come_from_a_file(tmp_path: Path) -> None:
    """SHA-256 is what is meant if nothing is said."""
    key = load_keyring(written(tmp_path, GOOD)).key(3)
    assert key == SigningKey(id=3, algorithm=Algorithm.SHA256, secret=SECRET)


def test_a_secret_is_shown_nowhere() -> None:
    """Neither a key nor a ring shows its secret when printed."""
    key = SigningKey(id=3, secret=SECRET)
    assert SECRET.hex() not in repr(key)
    assert repr(SECRET)[2:-1] not in repr(key)
    assert "secret" not in repr(key)
    assert "secret" not in repr(Keyring(key))


@pytest.mark.parametrize("mode", [0o604, 0o640, 0o602, 0o620, 0o660, 0o666])
def test_a_file_that_others_may_read_or_change_is_refused(tmp_path: Path, mode: int) -> None:
    """What others could have read is no secret any more."""
    with pytest.raises(StationError, match="others") as caught:
        load_keyring(written(tmp_path, GOOD, mode))
    assert caught.value.code == "line-keys"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "is missing"),
        ("key = 3\n", "list of tables"),
        ("[[keys]]\nid = 1\n", "keys"),
        ("[[key]]\nid = 3\n", "secret: is missing"),
        (GOOD.replace("id = 3", "id = 0"), "id"),
        (GOOD.replace("id = 3", 'id = 3\nalgorithm = "md5"'), "md5"),
        (GOOD + "colour = 1\n", "colour"),
        (GOOD + GOOD, "stands there twice"),
        (GOOD + GOOD.replace("id = 3", "id = 4"), "same secret"),
        (f'[[key]]\nid = 3\nsecret = "{SECRET[:15].hex()}"\n', "is no secret"),
        (f"[[key]]\nid = 3\nsecret = 0x{SECRET[1:9].hex()}\n", "is no secret"),
        (f'[[key]]\nid = 3\nsecret = "{SECRET.hex()}x"\n', "is no secret"),
        (f"[[key]]\nid = 3\nsecret = {SECRET.hex()}\n", "TOML"),
        (f'[[key]]\nid = 3\nsecret = "{SECRET.hex()}\n', "TOML"),
    ],
)
def test_what_is_wrong_with_a_file_is_said_without_its_secrets(tmp_path: Path, text: str, said: str) -> None:
    """Each fault names its place, and no message shows a part of a secret."""
    with pytest.raises(StationError, match=said) as caught:
        load_keyring(written(tmp_path, text))
    shown = str(caught.value)
    assert SECRET[1:5].hex() not in shown
    assert str(int.from_bytes(SECRET[1:9], "big")) not in shown


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    """The message says which file and what it should hold."""
    with pytest.raises(StationError, match=r"none\.keys.*No such file") as caught:
        load_keyring(tmp_path / "none.keys")
    assert "[[key]]" in str(caught.value)
