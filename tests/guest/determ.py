#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Runs one guest program in deterministic time on every accelerator: the same console, the same trace hash.

    determ.py [--frequency F] [--quanta N,...] [--expect TEXT] -- backplane run BOARD ...

BACKPLANE_TEST_ACCELS names the accelerators, with spaces between them.
"""
import argparse
import os
import re

from harness import Guest, check, check_sane, main


def run(guests, command, accel, time="deterministic"):
    """Console and trace hash of a run that must succeed."""
    guest = Guest([*command[:2], "--accel", accel, "--time", time, "--trace-hash", *command[2:]])
    guests.append(guest)
    status = guest.wait(120)
    check_sane(guest, status)
    check(status == 0, f"exit status {status} on {accel}")
    found = re.search(r"^trace ([0-9a-f]{16}), (\d+\.\d{9}) s of guest time$", guest.error_text(), re.MULTILINE)
    check(found, "no trace hash")
    guests.remove(guest)
    return guest.text(), found[1], found[2]


def difference(a, b):
    """The first line of the console that is another one, with the two before it; or what else is different."""
    lines, others = a[0].splitlines(), b[0].splitlines()
    for i, (line, other) in enumerate(zip(lines, others)):
        if line != other:
            return "\n".join(["", *lines[max(0, i - 2):i], f"- {line}", f"+ {other}"])
    return f"{len(lines)} lines, {a[1:]} instead of {len(others)} lines, {b[1:]}"


def test(guests, options):
    command, accels = options.command, os.environ["BACKPLANE_TEST_ACCELS"].split()
    # From run to run, from accelerator to accelerator, and wherever one goes from its lower tier to its upper one.
    variants = [accels[0], *accels] + [f"{accel},hot={hot},very-hot={hot}" for accel in accels if accel == "tcg" for hot in (1, 3)]
    hashes, quanta = set(), options.quanta.split(",")
    for quantum in quanta:
        results = [run(guests, command, accel, f"deterministic,frequency={options.frequency},quantum={quantum}")
                   for accel in variants]
        for text in ("PASS ", *options.expect):
            check(text in results[0][0], f"no {text!r} on the console")
        for accel, result in zip(variants[1:], results[1:]):
            check(result == results[0], f"{accel} is not {variants[0]}: {difference(result, results[0])}")
        print(quantum, *results[0][1:])
        hashes.add(results[0][1])
    check(len(hashes) == len(quanta), "other turns of the harts, and the same hash")


parser = argparse.ArgumentParser()
parser.add_argument("--frequency", default="20MHz", help="low, for programs that wait for the clock to move")
parser.add_argument("--quanta", default="10000,97")
parser.add_argument("--expect", action="append", default=[])
parser.add_argument("command", nargs="+")
main(test, parser.parse_args())
