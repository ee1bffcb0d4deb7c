#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Runs one guest program and checks its verdict.

    run.py [--expect TEXT]... [--status N] [--timeout S] -- backplane run BOARD ...

The status of the command must be N (0), and every TEXT must be on the console ("PASS " by default).
"""
import argparse

from harness import Guest, check, check_sane, main


def test(guests, options):
    guest = Guest(options.command)
    guests.append(guest)
    guest.process.stdin.close()
    status = guest.wait(options.timeout)
    check_sane(guest, status)
    for text in options.expect or ["PASS "]:
        check(text in guest.text(), f"no {text!r} on the console")
    check(status == options.status, f"exit status {status}, wanted {options.status}")
    print(guest.text().strip().split("\n")[-1])


parser = argparse.ArgumentParser()
parser.add_argument("--expect", action="append")
parser.add_argument("--status", type=int, default=0)
parser.add_argument("--timeout", type=float, default=30)
parser.add_argument("command", nargs="+")
main(test, parser.parse_args())
