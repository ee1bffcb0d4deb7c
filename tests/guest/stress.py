#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Runs the parallel load of programs/stress.c: stress.py backplane run BOARD ...

For 5 seconds, or for STRESS_SECONDS. The guest names a hart that hangs and a sum that is wrong; here it is noticed when
nobody in the guest is able to any more.
"""
import os
import re
import sys
import time

from harness import PATIENCE, Guest, check, check_sane, main

SILENCE = 60  # seconds; the guest says something every second, and what hangs within half of this


def stress(guests, *command):
    """The load for as long as it takes; meanwhile `disturb()`, which lasts for fractions of a second, again and again."""
    guest = Guest(list(command))
    guests.append(guest)
    guest.expect(" harts")
    end = time.monotonic() + float(os.environ.get("STRESS_SECONDS", "5"))
    said, heard = len(guest.output), time.monotonic()
    while time.monotonic() < end:
        guest._pump(0.2)
        check(guest.process.poll() is None, f"ended by itself with status {guest.process.poll()}")
        if len(guest.output) > said:
            said, heard = len(guest.output), time.monotonic()
        check(time.monotonic() - heard < SILENCE * PATIENCE, f"no sign of life for {SILENCE * PATIENCE:g} s")
    guest.send("q")
    status = guest.wait(SILENCE)
    check_sane(guest, status)
    check("PASS " in guest.text(), "no PASS on the console")
    check(status == 0, f"exit status {status}")
    print(re.search(r"\d+ rounds", guest.text())[0])


main(stress, *sys.argv[1:])
