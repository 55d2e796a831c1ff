"""Getting and keeping the subsystem's secret: a one-time code, then a token or a certificate in a file of one's own."""

from __future__ import annotations

import json
import stat
from dataclasses import replace

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from agent.making import announcement, resource
from agent.world import World
from stationmaster_agent.credentials import Credentials
from stationmaster_base.errors import StationError
from stationmaster_protocol.messages import Enrol, Enrolled, Hello
from stationmaster_protocol.tls import TlsTrust


@pytest.fixture
def world(tmp_path):
    world = World(tmp_path, token="", code="one-time", secret_file=tmp_path / "secret" / "broadcast.secret")
    world.hub.code = "one-time"
    world.hub.given = Enrolled(token="a-long-token")
    world.hub.put(resource(announcement()))
    return world


def hellos(world: World) -> list[str]:
    return [item.token for item in world.hub.heard if isinstance(item, Hello)]


def enrolments(world: World) -> list[str]:
    return [item.code for item in world.hub.heard if isinstance(item, Enrol)]


def mode(path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_a_token_is_got_once_and_kept(world):
    """With the code a token is got, kept where nobody else may read it, and shown from then on."""
    world.start()
    assert world.state == "online"
    assert enrolments(world) == ["one-time"]
    assert hellos(world) == ["a-long-token"]
    file = world.settings.secret_file
    assert mode(file) == 0o600
    assert "one-time" not in file.read_text()
    assert len(world.hub.tried) == 1
    world.crash()
    world.start()
    assert world.state == "online"
    assert enrolments(world) == ["one-time"]
    assert hellos(world) == ["a-long-token"] * 2
    world.stop()


def test_the_code_may_be_taken_out_again(world):
    """Once the token is kept the settings need no code."""
    world.start()
    world.stop()
    world.settings = replace(world.settings, code="")
    world.start()
    assert world.state == "online"
    world.stop()


def test_another_code_enrols_anew(world):
    """A code that was not used yet brings a new secret in place of the old one."""
    world.start()
    world.stop()
    world.settings = replace(world.settings, code="second")
    world.hub.code, world.hub.given = "second", Enrolled(token="another-token")
    world.start()
    assert hellos(world)[-1] == "another-token"
    assert json.loads(world.settings.secret_file.read_text())["token"] == "another-token"
    world.stop()


def test_a_code_that_is_not_known_falls_back(world):
    """When the hub does not know the new code, the secret that there is is shown; it is not lost."""
    world.start()
    world.stop()
    world.settings = replace(world.settings, code="mistyped")
    world.start()
    world.machine(1)
    assert world.state == "online"
    assert hellos(world)[-1] == "a-long-token"
    world.stop()


def test_a_code_that_is_not_known_without_a_secret(world, capsys):
    """Without any secret a wrong code is tried a few times a minute, and said once."""
    world.hub.code = "different"
    world.start()
    world.machine(120, step=0.5)
    assert world.state == "alone"
    assert 3 <= len(enrolments(world)) <= 10
    assert capsys.readouterr().out.count("This code is not known.") == 1
    world.stop()


def test_a_disk_that_takes_nothing_is_said(world, capsys):
    """A token that cannot be kept is not used: it would be lost with the process, and the code with it."""
    world.settings.secret_file.parent.mkdir()
    world.settings.secret_file.with_name("broadcast.secret.new").mkdir()
    world.start()
    world.machine(5)
    assert hellos(world) == []
    assert "cannot be read or written" in capsys.readouterr().out
    world.stop()


def test_a_file_that_makes_no_sense_is_a_persons_affair(tmp_path):
    """A secret's file that cannot be read stops the start with words, and is not overwritten."""
    world = World(tmp_path, token="", code="one-time", secret_file=tmp_path / "broadcast.secret")
    world.settings.secret_file.write_text("not json")
    with pytest.raises(StationError) as caught:
        world.start()
    assert caught.value.code == "secret-file"
    assert world.settings.secret_file.read_text() == "not json"


def test_a_certificate_is_asked_for_where_one_is_to_be(tmp_path):
    """With places for certificate and key, a key is made here and never leaves, and a new connection shows the rest."""
    folder = tmp_path / "pki"
    trust = TlsTrust(authority=tmp_path / "ca.pem", certificate=folder / "own.pem", key=folder / "own.key")
    world = World(tmp_path, token="", code="one-time", secret_file=tmp_path / "broadcast.secret", tls=trust)
    credentials = Credentials(world.settings)
    assert credentials.enrols
    assert credentials.trust == TlsTrust(authority=tmp_path / "ca.pem")
    asked = credentials.enrolment()
    request = x509.load_pem_x509_csr(asked.request.encode())
    assert request.is_signature_valid
    assert request.subject.rfc4514_string() == "CN=broadcast"
    assert "PRIVATE" not in asked.request
    assert credentials.enrolled(Enrolled(certificate="CERTIFICATE\n", authority="AUTHORITY\n")) is False
    assert trust.certificate.read_text() == "CERTIFICATE\n"
    key = load_pem_private_key(trust.key.read_bytes(), None)
    assert key.public_key() == request.public_key()
    assert mode(trust.key) == 0o600
    for later in (credentials, Credentials(world.settings)):
        assert not later.enrols
        assert later.token == ""
        assert later.trust == trust


def test_an_entered_token_needs_no_enrolment(tmp_path):
    """A token in the settings is what is shown, whatever else there is."""
    world = World(tmp_path, code="one-time", secret_file=tmp_path / "broadcast.secret")
    world.start()
    assert enrolments(world) == []
    assert hellos(world) == ["secret"]
    world.stop()
