#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Runs one guest program in deterministic time on every accelerator: the same console, the same trace hash.

    determ.py -- backplane run BOARD ...

BACKPLANE_TEST_ACCELS names the accelerators, with spaces between them.
"""
import os
import re
import sys

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


def test(guests, command):
    accels = os.environ["BACKPLANE_TEST_ACCELS"].split()
    # From run to run, from accelerator to accelerator, and wherever one goes from its lower tier to its upper one.
    variants = [accels[0], *accels] + [f"{accel},hot={hot},very-hot={hot}" for accel in accels if accel == "tcg" for hot in (1, 3)]
    hashes = set()
    # At a low frequency, for programs that wait for the clock to move.
    for quantum in ("10000", "97"):
        results = [run(guests, command, accel, f"deterministic,frequency=20MHz,quantum={quantum}") for accel in variants]
        check("PASS " in results[0][0], "no PASS on the console")
        for accel, result in zip(variants[1:], results[1:]):
            check(result == results[0], f"{accel} is not {variants[0]}: {result} instead of {results[0]}")
        print(quantum, *results[0][1:])
        hashes.add(results[0][1])
    check(len(hashes) == 2, "other turns of the harts, and the same hash")


main(test, sys.argv[2:])
