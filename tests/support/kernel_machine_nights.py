"""Whole nights, drawn: what happens from the evening on, as a list of inputs without ticks."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import note
from hypothesis import strategies as st

from stationmaster_base.times import MINUTE, Instant
from stationmaster_kernel.inputs import Act, Configure, GradeFeed, Input, Tick
from stationmaster_kernel.state import State
from stationmaster_kernel.values import FeedGrade
from support.kernel_machine_deeds import Maker, draw_act, draw_undo
from support.kernel_machine_draws import Draw, draw_feed, draw_plan, one_of
from support.kernel_machine_station import EVENINGS, STATIONS
from support.kernel_machine_world import MachineWorld

__all__ = ["draw_night"]


def draw_night(
    draw: Draw, makers: tuple[Maker, ...], grades: tuple[FeedGrade, ...]
) -> tuple[State, list[Input], Instant]:
    """What happens in a night, and when it ends; every input comes at or after the one before."""
    world = MachineWorld(evening=one_of(draw, EVENINGS), checks=False)
    world.executor.away = True
    world.begin()
    world.give(GradeFeed(id=world.name("grade"), at=world.now, grade=one_of(draw, grades)))
    for _ in range(draw(st.integers(1, 12))):
        world.leap(draw(st.sampled_from((0, 1, 4, 11, 30, 75))))
        match draw(st.sampled_from(("feed", "feed", "feed", "act", "act", "plan", "undo", "grade", "configure"))):
            case "feed":
                world.give(draw_feed(draw, world))
            case "plan":
                world.give(draw_plan(draw, world))
            case "grade":
                world.give(GradeFeed(id=world.name("grade"), at=world.now, grade=one_of(draw, grades)))
            case "configure":
                station = one_of(draw, STATIONS)
                world.give(Configure(id=world.name("configure"), at=world.now, configuration=station))
            case "undo" if world.acts:
                world.give(draw_undo(draw, world))
            case _ if world.state.calls:
                world.give(_without_end(draw_act(draw, world, makers)))
    inputs = [each for each in world.inputs if not isinstance(each, Tick)]
    for each in inputs:
        note(repr(each))
    end = Instant((world.now // MINUTE + draw(st.sampled_from((1, 20, 60, 400)))) * MINUTE)
    return world.first, inputs, end


def _without_end(act: Act) -> Act:
    """The act with locks that stay: when the end of one is noticed is written down with what waited for it."""
    deeds = [replace(deed, until=None) if hasattr(deed, "until") else deed for deed in act.deeds]
    return replace(act, lock_until=None, deeds=tuple(deeds))
