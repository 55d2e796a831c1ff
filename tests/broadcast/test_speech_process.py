"""The speaking process is given one job at a time, and its death or hanging costs one job at most."""

import itertools
import json
from collections.abc import Sequence
from typing import Any

import pytest
from twisted.internet.defer import Deferred
from twisted.internet.error import ProcessDone, ProcessExitedAlready
from twisted.internet.task import Clock
from twisted.python.failure import Failure

from stationmaster_base.errors import StationError
from stationmaster_broadcast.speech.speech_process import START_LIMIT, SpeechProcess, child_command

JOB = {"voice": "sit/cmn", "rate": 170, "text": "好", "path": "/x.wav"}


class FakeChild:
    """The pipes and the life of one child, in the test's hands."""

    def __init__(self, protocol: Any, pid: int) -> None:
        self.protocol = protocol
        self.pid = pid
        self.jobs: list[dict[str, Any]] = []
        self.killed = False
        self.dead = False
        protocol.transport = self
        protocol.connectionMade()

    def write(self, data: bytes) -> None:
        self.jobs.append(json.loads(data))

    def signalProcess(self, name: str) -> None:  # noqa: N802
        if self.dead:
            raise ProcessExitedAlready
        assert name == "KILL"
        self.killed = True

    def say(self, **body: Any) -> None:
        self.protocol.outReceived(json.dumps(body).encode() + b"\n")

    def ready(self, voices: Sequence[str] = ("sit/cmn",)) -> None:
        self.say(ready=True, voices=list(voices))

    def answer(self, problem: str = "") -> None:
        self.say(id=self.jobs[-1]["id"], ok=not problem, problem=problem)

    def die(self) -> None:
        self.dead = True
        self.protocol.processEnded(Failure(ProcessDone(None)))


class Children(Clock):
    """A reactor that starts fake children."""

    def __init__(self) -> None:
        super().__init__()
        self.all: list[FakeChild] = []
        self.refuse = False

    def spawnProcess(self, protocol: Any, executable: str, args: list[str], **more: Any) -> None:  # noqa: N802
        if self.refuse:
            raise FileNotFoundError(executable)
        self.all.append(FakeChild(protocol, 100 + len(self.all)))

    @property
    def last(self) -> FakeChild:
        return self.all[-1]


def process(reactor: Children, wrong: str = "") -> SpeechProcess:
    """A process whose first child has been started."""
    made = SpeechProcess(reactor, command=["child"], environment={}, ready=lambda _: wrong)
    made.start()
    return made


def outcome(deferred: Deferred[None]) -> list[str]:
    """`done`, or the code of the error, when it has come."""
    found: list[str] = []
    deferred.addCallbacks(lambda _: found.append("done"), lambda failure: found.append(failure.value.code))
    return found


def test_a_job_waits_for_the_child_and_is_answered() -> None:
    """Asked before the child is ready, the job is sent when it is."""
    reactor = Children()
    made = process(reactor)
    found = outcome(made.run(JOB, 5))
    assert reactor.last.jobs == []
    assert made.problem
    reactor.last.ready()
    assert made.problem == ""
    assert [dict(job, id=0) for job in reactor.last.jobs] == [{"id": 0, **JOB}]
    reactor.last.answer()
    assert found == ["done"]
    assert not reactor.getDelayedCalls()


def test_what_the_child_complains_of_is_the_jobs_failure() -> None:
    """The child lives on and does the next job."""
    reactor = Children()
    made = process(reactor)
    reactor.last.ready()
    first = outcome(made.run(JOB, 5))
    reactor.last.answer("the voice is gmw/en and not sit/cmn")
    second = outcome(made.run(JOB, 5))
    reactor.last.answer()
    assert (first, second, len(reactor.all)) == (["speech-failed"], ["done"], 1)


def test_a_child_that_hangs_is_killed_and_another_takes_over() -> None:
    """After the time limit the job fails, and the next one goes to a new child at once."""
    reactor = Children()
    made = process(reactor)
    reactor.last.ready()
    found = outcome(made.run(JOB, 5))
    reactor.advance(4.9)
    assert found == []
    reactor.advance(0.2)
    assert found == ["speech-hung"]
    assert reactor.all[0].killed
    assert len(reactor.all) == 2
    again = outcome(made.run(JOB, 5))
    reactor.last.ready()
    reactor.all[0].answer()  # the hung one wakes up: nobody listens
    assert again == []
    reactor.last.answer()
    reactor.all[0].die()
    assert (again, made.problem) == (["done"], "")


def test_a_child_that_dies_fails_its_job_and_is_replaced() -> None:
    """Without waiting for the time limit."""
    reactor = Children()
    made = process(reactor)
    reactor.last.ready()
    found = outcome(made.run(JOB, 5))
    reactor.last.protocol.errReceived(b"segmentation fault")
    reactor.last.die()
    assert found == ["speech-died"]
    assert len(reactor.all) == 2
    assert made.starts == 2


def test_a_child_that_never_starts_is_tried_ever_more_rarely() -> None:
    """Jobs fail at once meanwhile, saying why; as soon as one starts, all is well."""
    reactor = Children()
    made = process(reactor)
    starts = []
    for _ in range(5):
        starts.append(reactor.seconds())
        reactor.last.die()
        found = outcome(made.run(JOB, 5))
        assert found == ["speech-down"]
        while len(reactor.all) == len(starts):
            reactor.advance(0.5)
    assert [round(later - earlier) for earlier, later in itertools.pairwise(starts)] == [1, 5, 30, 30]
    reactor.last.ready()
    found = outcome(made.run(JOB, 5))
    reactor.last.answer()
    assert (found, made.problem) == (["done"], "")


def test_a_child_that_hangs_at_its_start_is_killed() -> None:
    """The start has a time limit too, and a waiting job hears of it."""
    reactor = Children()
    made = process(reactor)
    found = outcome(made.run(JOB, 5))
    reactor.advance(START_LIMIT + 0.1)
    assert found == ["speech-hung"]
    assert reactor.last.killed
    assert "did not start in time" in made.problem


def test_a_program_that_cannot_be_started_is_a_problem_and_no_traceback() -> None:
    """It is tried again later."""
    reactor = Children()
    reactor.refuse = True
    made = process(reactor)
    assert "cannot be started" in made.problem
    assert outcome(made.run(JOB, 5)) == ["speech-down"]
    reactor.refuse = False
    reactor.advance(1)
    assert len(reactor.all) == 1


def test_wrong_voices_end_the_child() -> None:
    """An engine without the voices that are needed is not used: it would speak Chinese with an English voice."""
    reactor = Children()
    made = process(reactor, "the speech engine has no voice sit/cmn")
    found = outcome(made.run(JOB, 5))
    reactor.last.ready()
    assert found == ["speech-down"]
    assert reactor.last.killed
    assert made.problem == "the speech engine has no voice sit/cmn"


def test_nonsense_from_the_child_is_passed_over() -> None:
    """Neither garbage nor an answer to another job ends the job."""
    reactor = Children()
    made = process(reactor)
    reactor.last.ready()
    found = outcome(made.run(JOB, 5))
    reactor.last.protocol.outReceived(b"Audio saved to x.wav\n[1]\n\xff\n")
    reactor.last.say(id=999, ok=True)
    assert found == []
    answer = json.dumps({"id": reactor.last.jobs[-1]["id"], "ok": True}).encode() + b"\n"
    for number in range(len(answer)):
        reactor.last.protocol.outReceived(answer[number : number + 1])
    assert found == ["done"]


def test_a_child_that_never_ends_its_line_is_killed() -> None:
    """What it says is bounded."""
    reactor = Children()
    process(reactor)
    reactor.last.protocol.outReceived(bytes(2 << 20))
    assert reactor.last.killed


def test_stopping_waits_until_the_child_is_gone() -> None:
    """No process and no timer stays behind, and a job that was under way fails."""
    reactor = Children()
    made = process(reactor)
    reactor.last.ready()
    found = outcome(made.run(JOB, 5))
    stopped = outcome(made.stop())
    assert (found, stopped, reactor.last.killed) == (["speech-down"], [], True)
    reactor.last.die()
    assert stopped == ["done"]
    assert len(reactor.all) == 1
    assert not reactor.getDelayedCalls()


def test_stopping_while_it_waits_to_restart() -> None:
    """There is nothing to wait for, and nothing is started any more."""
    reactor = Children()
    made = process(reactor)
    reactor.last.die()
    assert outcome(made.stop()) == ["done"]
    reactor.advance(100)
    assert len(reactor.all) == 1


def test_one_job_at_a_time() -> None:
    """A second job while one is under way is a mistake of ours."""
    made = process(Children())
    made.run(JOB, 5).addErrback(lambda failure: failure.trap(StationError))
    with pytest.raises(RuntimeError, match="one job"):
        made.run(JOB, 5)
    made.stop()


def test_the_childs_own_folder_is_not_on_its_path() -> None:
    """Our queue.py would otherwise be taken for the standard library's."""
    assert child_command(7)[1] == "-P"
    assert child_command(7)[2].endswith("speech_child.py")
