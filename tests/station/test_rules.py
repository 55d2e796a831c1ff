"""`rules.toml`, `templates.toml` and the lights of `places.toml`: what comes out of them, and every fault at once."""

from __future__ import annotations

import csv
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from stationmaster.station.check import check_station
from stationmaster.station.load import load_station
from stationmaster.station.reading import HelpfulFaults
from stationmaster.station.rule_parts import CONDITIONS, RuleWorld
from stationmaster.station.rules import RULES_FILE, read_rules
from stationmaster.station.texts import TEMPLATES_FILE, read_templates
from stationmaster_base.errors import Fault
from stationmaster_kernel.configuration import PlaceKind
from stationmaster_kernel.rules import Base, Condition, Moment, Rule, RuleMode, Selector, Trigger
from stationmaster_kernel.values import CallKind, EventName, Running, TaskKind

WORLD = RuleWorld(
    platforms=("1", "2"),
    gates=("1A", "2A"),
    areas=("A",),
    posts=("gates", "duty"),
    light_types=("platform",),
    zone_types=("waiting", "staff"),
    classes=("高速动车", "普快"),
    templates=("apology", "said"),
)
SPAN = 'start = { base = "arrival", offset = -15 }\nend = { base = "departure" }'
NOTICE = 'id = "n"\ndoes = "notice"\nposts = ["gates"]\ntemplate = "said"\n'
TIMED = f'{NOTICE}due = {{ base = "departure" }}\n'
LIGHT = f'id = "l"\ndoes = "lighting"\nlights = ["platform"]\n{SPAN}\n'


def read(folder: Path, *bodies: str, world: RuleWorld = WORLD) -> tuple[tuple[Rule, ...], list[Fault]]:
    """The rules of a file of such bodies, and its faults."""
    (folder / RULES_FILE).write_text("".join(f"[[rule]]\n{body}\n" for body in bodies), "utf-8")
    faults = HelpfulFaults()
    return read_rules(folder, world, faults), list(faults)


def test_a_rule_says_whom_it_is_for_when_it_holds_and_who_lets_it_go(tmp_path: Path) -> None:
    """Every key that rules of all kinds share."""
    rules, faults = read(
        tmp_path,
        f"""{NOTICE}
        when = {{ kinds = ["through"], classes = ["普快"], trains = ["K1"], platforms = ["1"], gates = ["1A"],
                 areas = ["A"], weekdays = [6, 7] }}
        if = {{ late_at_least = 5, late_at_most = 60, unknown = false, track_changed = true, platform_changed = false,
               running = ["extra", "scheduled"], unconfirmed = false }}
        valid_from = 2026-03-01
        valid_until = "2026-06-30"
        mode = "manual"
        due = {{ base = "arrival", offset = -10 }}
        """.replace(",\n                ", ", ").replace(",\n               ", ", "),
    )
    assert faults == []
    assert rules == (
        Rule(
            id="n",
            does=TaskKind.NOTICE,
            when=Selector(
                kinds=(CallKind.THROUGH,),
                classes=("普快",),
                trains=("K1",),
                platforms=("1",),
                gates=("1A",),
                areas=("A",),
                weekdays=(6, 7),
            ),
            condition=Condition(
                late_at_least=5,
                late_at_most=60,
                unknown=False,
                track_changed=True,
                platform_changed=False,
                running=(Running.EXTRA, Running.SCHEDULED),
                unconfirmed=False,
            ),
            valid_from=date(2026, 3, 1),
            valid_until=date(2026, 6, 30),
            mode=RuleMode.MANUAL,
            posts=("gates",),
            template="said",
            due=Moment(base=Base.ARRIVAL, offset=-10),
        ),
    )


def test_a_rule_that_says_little_is_for_everything_and_automatic(tmp_path: Path) -> None:
    """What is absent does not matter."""
    (rule,), faults = read(tmp_path, TIMED)
    assert faults == []
    assert (rule.when, rule.condition, rule.mode) == (Selector(), Condition(), RuleMode.AUTOMATIC)
    assert (rule.valid_from, rule.valid_until, rule.valid) == (None, None, 5)


def test_lights_have_a_span_like_rows(tmp_path: Path) -> None:
    """Types of lights, two moments, what is awaited, and the hard end."""
    (rule,), faults = read(tmp_path, f'{LIGHT}awaits = "departure"\nhard_end = 30\n')
    assert faults == []
    assert (rule.does, rule.lights, rule.awaits, rule.hard_end) == (
        TaskKind.LIGHTING,
        ("platform",),
        EventName.DEPARTURE,
        30,
    )


@pytest.mark.parametrize("trigger", list(Trigger))
def test_every_trigger_can_be_written(tmp_path: Path, trigger: Trigger) -> None:
    """Delay and early need their minutes, overdue may have them, the others have none."""
    minutes = "at_least = 5\n" if trigger in (Trigger.DELAY, Trigger.EARLY) else ""
    (rule,), faults = read(tmp_path, f'{NOTICE}trigger = "{trigger}"\nahead = 60\n{minutes}')
    assert faults == []
    assert (rule.trigger, rule.ahead, rule.at_least) == (trigger, 60, 5 if minutes else 0)


@pytest.mark.parametrize(
    ("body", "place", "says", "allowed"),
    [
        (f'{TIMED}when = {{ trains = ["k1"] }}', "when.trains[0]", "'k1' is not a train number", "A–Z"),
        (f'{TIMED}when = {{ gates = ["1B"] }}', "when.gates[0]", "'1B' is not known", "1A, 2A"),
        (f'{TIMED}when = {{ areas = ["B"] }}', "when.areas[0]", "'B' is not known", "A"),
        (f"{TIMED}when = {{ weekdays = [0, 8] }}", "when.weekdays[0]", "0 is not possible", "1…7"),
        (f"{TIMED}when = {{ weekdays = [0, 8] }}", "when.weekdays[1]", "8 is not possible", "1…7"),
        (f"{TIMED}when = {{ weekdays = [2, 2] }}", "when.weekdays[1]", "stands there twice", "each once"),
        (f'{TIMED}when = {{ weekdays = ["Mon"] }}', "when.weekdays", "is not a list of whole numbers", "[1, …, 7]"),
        (f"{TIMED}when = {{ weekdays = [true] }}", "when.weekdays", "is not a list of whole numbers", "[1, …, 7]"),
        (f"{TIMED}when = {{ weekday = [1] }}", "when.weekday", "did you mean 'weekdays'?", "areas"),
        (f"{TIMED}if = {{ late = 5 }}", "if.late", "is not a key", "late_at_least"),
        (f"{TIMED}if = {{ late_at_least = 0 }}", "if.late_at_least", "0 is not possible", "1…4320"),
        (f'{TIMED}if = {{ unknown = "no" }}', "if.unknown", "'no' is neither", "true, false"),
        (f'{TIMED}if = {{ running = ["extr"] }}', "if.running[0]", "did you mean 'extra'?", "suspended"),
        (
            f"{TIMED}if = {{ late_at_least = 9, late_at_most = 8 }}",
            "if.late_at_most",
            "8 is less than late_at_least",
            "9…",
        ),
        (
            f"{TIMED}if = {{ late_at_least = 9, early_at_least = 8 }}",
            "if.early_at_least",
            "no train is both",
            "one of",
        ),
        (f"{TIMED}if = {{ unknown = true, late_at_most = 8 }}", "if.unknown", "neither late nor early", "false"),
        (
            f"{TIMED}if = {{ platform_changed = true, track_changed = false }}",
            "if.platform_changed",
            "track_changed is false",
            "another platform is another track",
        ),
        (f'{TIMED}if = {{ running = ["suspended"] }}', "if.running[0]", "'suspended' alone", "display"),
        (f'{TIMED}mode = "by hand"', "mode", "'by hand' is not known", "automatic, manual"),
        (f'{TIMED}valid_from = "1 March"', "valid_from", "'1 March' is not a date", "2026-03-01"),
        (f"{TIMED}valid_from = 2026-03-01T07:00:00", "valid_from", "is not a date", "2026-03-01"),
        (f"{TIMED}valid_until = 3", "valid_until", "'3' is not a date", "2026-03-01"),
        (
            f"{TIMED}valid_from = 2026-03-02\nvalid_until = 2026-03-01",
            "valid_until",
            "'2026-03-01' is before valid_from",
            "2026-03-02",
        ),
        (TIMED.replace('["gates"]', '["gate"]'), "posts[0]", "did you mean 'gates'?", "duty"),
        (TIMED.replace('["gates"]', "[]"), "posts", "names no post", "gates, duty"),
        (f'{TIMED}zones = ["staff"]', "zones", "is not a key", "posts"),
        (LIGHT.replace('["platform"]', '["platfrom"]'), "lights[0]", "did you mean 'platform'?", "platform"),
        (LIGHT.replace('["platform"]', "[]"), "lights", "names no light type", "platform"),
        (f'{LIGHT}template = "said"', "template", "is not a key", "hard_end"),
        (f'{NOTICE}trigger = "overdue"\nat_least = -1', "at_least", "-1 is not possible", "0…1440"),
        (f'{NOTICE}trigger = "early"', "at_least", "is missing", ""),
        (f'{NOTICE}trigger = "extra"\nat_least = 5', "at_least", "is not a key", "ahead"),
        (f'{NOTICE}trigger = "track_change"\nawaits = "arrival"', "awaits", "is not a key", "trigger"),
        (NOTICE, "due", "exactly one of due and trigger", "trigger = …"),
        (NOTICE.replace("notice", "message"), "does", "'message' is not known", "notice, lighting"),
    ],
)
def test_each_fault_names_its_place_its_value_and_what_is_allowed(
    tmp_path: Path, body: str, place: str, says: str, allowed: str
) -> None:
    """A mistake is found where it stands."""
    _, faults = read(tmp_path, body)
    match = [fault for fault in faults if fault.place == f"rule[1].{place}"]
    assert match, [str(fault) for fault in faults]
    assert says in match[0].problem
    assert allowed in match[0].allowed


def test_every_fault_of_the_file_is_reported_at_once(tmp_path: Path) -> None:
    """Of all rules, and several of one rule, in the file's order; a good rule between them has none."""
    _, faults = read(
        tmp_path,
        f'{TIMED}mode = "hand"\nvalid_from = "x"\nwhen = {{ kinds = ["thru"], weekdays = [9] }}',
        LIGHT,
        LIGHT.replace('"l"', '"k"').replace('base = "arrival"', 'base = "arival"').replace("-15", "-999"),
        f"{TIMED}if = {{ late_at_least = 5000, unknown = 1 }}".replace('"n"', '"m"'),
        'id = "x"\ndoes = "dance"\nwhen = { classes = ["普慢"] }',
    )
    assert [fault.place for fault in faults] == [
        "rule[1].valid_from",
        "rule[1].when.kinds[0]",
        "rule[1].when.weekdays[0]",
        "rule[1].mode",
        "rule[3].start.base",
        "rule[3].start.offset",
        "rule[4].if.late_at_least",
        "rule[4].if.unknown",
        "rule[5].does",
        "rule[5].when.classes[0]",
    ]
    assert all(fault.file == RULES_FILE and fault.problem and fault.allowed for fault in faults)


def test_without_lights_or_posts_there_is_nothing_to_name(tmp_path: Path) -> None:
    """The fault says that there is none yet, not an empty list."""
    bare = replace(WORLD, posts=(), light_types=())
    _, faults = read(tmp_path, TIMED, LIGHT, world=bare)
    assert [(fault.place, fault.problem, fault.allowed) for fault in faults] == [
        ("rule[1].posts", "'gates' is not known", "there is no post yet"),
        ("rule[2].lights", "'platform' is not known", "there is no light type yet"),
    ]


def test_the_keys_of_if_are_the_fields_of_a_condition() -> None:
    """So the document can list them, and none is forgotten in the reader."""
    assert tuple(Condition.__slots__) == CONDITIONS


def test_every_unknown_field_of_a_template_is_named(tmp_path: Path) -> None:
    """Also in a branch that no trial would reach, and in each language."""
    (tmp_path / TEMPLATES_FILE).write_text(
        '[a]\nzh = "{{ nubmer }}{% if minutes > 9000 %}{{ wagon }}{% endif %}"\nen = "{{ Platform }}{{ minutes }}"\n',
        "utf-8",
    )
    faults = HelpfulFaults()
    read_templates(tmp_path, ("zh", "en"), faults)
    said = [(fault.place, fault.problem) for fault in faults if fault.place.startswith("a.")]
    assert said == [
        ("a.zh", "'nubmer' is not known; did you mean 'number'?"),
        ("a.zh", "'wagon' is not known"),
        ("a.en", "'Platform' is not known; did you mean 'platform'?"),
    ]
    assert all("check_in_open" in fault.allowed for fault in faults if fault.place.startswith("a."))


def test_lights_serve_places_and_have_types(folder) -> None:
    """As boards and zones do; a type is a free word."""
    folder.change("places.toml", 'type = "underpass"', 'type = "under pass"\nexits = ["W"]\nplatform = "1"')
    report = check_station(folder.path)
    assert [
        (fault.place, fault.problem.partition(";")[0]) for fault in report.faults if fault.file == "places.toml"
    ] == [
        ("light[8].type", "'under pass' is not an identifier"),
        ("light[8].exits[0]", "'W' is not known"),
        ("light[8].platform", "is not a key of this table"),
    ]


def test_the_sample_lights_its_platforms_and_tells_its_posts(sample: Path) -> None:
    """Every light has a rule, and every post is told something."""
    report = check_station(sample)
    assert report.good
    assert not [warning for warning in report.warnings if "light" in warning.place or "post" in warning.place]


@pytest.mark.parametrize(
    ("more", "selected"),
    [
        ('when = { trains = ["X1"] }', False),
        ('when = { trains = ["K600"], weekdays = [1] }', True),
        ('when = { gates = ["1A"], areas = ["D"] }', True),
        ("valid_until = 2025-12-31", False),
        ("valid_from = 2026-01-01", True),
        ("when = { weekdays = [7] }\nvalid_until = 2026-01-03", False),
    ],
)
def test_a_rule_that_selects_nothing_on_any_day_is_a_warning(folder, more: str, selected: bool) -> None:
    """By what the rows say and the dates on which they run; what a row leaves open may be anything."""
    table = folder.path / "timetable.csv"
    header, *rows = csv.reader(table.read_text("utf-8").splitlines())
    for row in rows:
        row[header.index("valid_from")] = "2026-01-01"
    with table.open("w", encoding="utf-8", newline="") as stream:
        csv.writer(stream).writerows([header, *rows])
    folder.append("rules.toml", f"\n[[rule]]\n{TIMED.replace('said', 'notice-receive')}{more}\n")
    report = check_station(folder.path)
    assert report.faults == ()
    warned = [warning.problem for warning in report.warnings if (warning.file, warning.place) == (RULES_FILE, "n")]
    assert warned == ([] if selected else ["selects no row of the timetable on any day"])


def test_a_light_that_no_rule_switches_is_a_warning(folder) -> None:
    """And a post that is told nothing, as long as any is."""
    folder.change("rules.toml", 'lights = ["forecourt"]', 'lights = ["platform"]')
    folder.change("rules.toml", 'lights = ["forecourt"]', 'lights = ["platform"]')
    folder.change(
        "rules.toml",
        'posts = ["information", "ticket-office", "gates", "platform-staff", "police", "duty"]',
        'posts = ["duty"]',
    )
    warned = [warning.place for warning in check_station(folder.path).warnings]
    assert warned == ["post police", "light forecourt-n", "light forecourt-s"]


def test_kinds_of_places_that_rules_name_are_read(sample: Path) -> None:
    """Lights of the sample: one for each platform, and those that serve exits or everything."""
    lights = [place for place in load_station(sample).configuration.places if place.kind is PlaceKind.LIGHT]
    assert [(light.type, light.platforms, light.exits) for light in lights[-4:]] == [
        ("platform", ("7",), ()),
        ("underpass", (), ()),
        ("forecourt", (), ("N",)),
        ("forecourt", (), ("S",)),
    ]
