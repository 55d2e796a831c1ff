"""The report for build servers: JUnit's XML, one test case a scenario.

The form is the one that Jenkins, GitLab and pytest share (`testsuites`, `testsuite`, `testcase`, `failure`,
`skipped`): what does not apply is skipped, with the reason as its message.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from xml.etree import ElementTree

from stationmaster_base.times import to_iso
from stationmaster_conform.clauses import text_of
from stationmaster_conform.report import Subject
from stationmaster_conform.verdict import Result, Verdict

__all__ = ["junit"]

_UNFIT = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def junit(subject: Subject, verdicts: Sequence[Verdict]) -> bytes:
    """The XML document, in UTF-8."""
    counts = {
        "tests": str(len(verdicts)),
        "failures": str(sum(verdict.result is Result.FAIL for verdict in verdicts)),
        "errors": "0",
        "skipped": str(sum(verdict.result is Result.NOT_APPLICABLE for verdict in verdicts)),
        "time": f"{sum(verdict.seconds for verdict in verdicts):.3f}",
    }
    name = f"stationmaster conform {subject.what}"
    suites = ElementTree.Element("testsuites", {"name": name, **counts})
    suite = ElementTree.SubElement(
        suites,
        "testsuite",
        {"name": name, **counts, "hostname": subject.where, "timestamp": to_iso(subject.at).removesuffix("Z")},
    )
    properties = ElementTree.SubElement(suite, "properties")
    for key, value in (("identity", subject.identity), ("version", subject.version), ("level", subject.level)):
        ElementTree.SubElement(properties, "property", {"name": key, "value": value})
    for verdict in verdicts:
        case = ElementTree.SubElement(
            suite,
            "testcase",
            {
                "classname": f"conform.{subject.what}",
                "name": verdict.scenario,
                "time": f"{verdict.seconds:.3f}",
            },
        )
        if verdict.result is Result.NOT_APPLICABLE:
            ElementTree.SubElement(case, "skipped", {"message": verdict.reason})
        if verdict.complaint is not None:
            complaint = verdict.complaint
            failure = ElementTree.SubElement(
                case,
                "failure",
                {
                    "type": complaint.clause,
                    "message": _fit(f"{complaint.clause}: expected {complaint.expected}; came {complaint.came}"),
                },
            )
            lines = (text_of(complaint.clause), f"sent: {complaint.sent}", *verdict.transcript)
            failure.text = _fit("\n".join(lines))
    ElementTree.indent(suites)
    document: bytes = ElementTree.tostring(suites, encoding="utf-8", xml_declaration=True)
    return document


def _fit(text: str) -> str:
    return _UNFIT.sub("\ufffd", text)
