"""Solve the questions that draw a logic circuit, by following its wires."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence

from tests.rewards.reasoning_solvers.base import Solution, Unread, found, one_of, solves

GATES: Mapping[str, Callable[[Sequence[int]], int]] = {
    "AND": lambda wires: int(all(wires)),
    "NAND": lambda wires: int(not all(wires)),
    "OR": lambda wires: int(any(wires)),
    "NOR": lambda wires: int(not any(wires)),
    "XOR": lambda wires: sum(wires) % 2,
}


@solves("circuit_logic")
def circuit_logic(question: str) -> Solution:
    """Follow each wire from its label down to the gates, and the gates to the one at the end.

    A wire comes from the right end of its label's line and goes down; where it turns right (├ or
    └) it enters the gate that stands in that line. Gates are set apart by lines without an entry.
    """
    drawing = found(r"circuit\.\n\n(.+?)\n\n\nLegend", question)[1].split("\n")
    legend = re.findall(r"^(\S)\1: (\w+)$", question, re.MULTILINE)
    values = {name: int(bit) for name, bit in re.findall(r"^  (\w+) = ([01])$", question, re.M)}
    names = dict(legend[:-1])
    wires: dict[int, str] = {}
    gates: list[list[int]] = []
    signs: list[str] = []
    apart = True
    for line in drawing:
        if label := re.match(r"(\w+): ─*┐", line):
            wires[label.end() - 1] = label[1]
            continue
        entry = re.search(r"([├└])─+(>o─|───?)│(\S)\3", line)
        if entry is None or entry.start() not in wires:  # a wire behind the gates turns, too
            apart = True
            continue
        value = values[wires[entry.start()]]
        if apart:
            gates.append([])
            signs.append(entry[3])
        if entry[3] != signs[-1]:
            raise Unread("two kinds of gate with nothing between them")
        gates[-1].append(1 - value if ">o" in entry[2] else value)
        apart = False
    if not gates or set(wires.values()) != set(values):
        raise Unread("the drawing does not have the wires of the assignment")
    results = [GATES[names[sign]](gate) for sign, gate in zip(signs, gates, strict=True)]
    return one_of(str(GATES[legend[-1][1]](results)), "01")
