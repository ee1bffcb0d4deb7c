#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Guests that mean harm: hostile.py TEST BACKPLANE BOARD. The host must survive, and end within a second when told to."""
import itertools
import os
import random
import signal
import sys
import tempfile
import time

from harness import PATIENCE, Guest, check, check_sane, main
from images import RAM, elf, words

# Programs, as instruction words.
NOWHERE = words(0x000012b7, 0x00028067)                           # lui t0, 1; jr t0: nothing is at 0x1000 but a fault loop
FAULT_LOOP = words(0x00000297, 0x30529073, 0x00000000)            # mtvec = itself: every trap traps again
SPIN = words(0x0000006f)                                          # j .
WFI = words(0x10500073, 0xffdff06f)                               # wfi for ever, nothing enabled
MMIO_STORM = words(0x100002b7, 0x04100313, 0x0072a383, 0x00628023, 0xff9ff06f)  # UART: reads and writes without an end
UART_FLOOD = words(0x100002b7, 0x04100313, 0x00628023, 0xffdff06f)
STORE_ALL = words(0x00000297, 0x01428293, 0x30529073, 0x00000313, 0x00a33023, 0x10030313, 0xff9ff06f)  # writes everywhere, skipping faults


def start(guests, backplane, board, code, folder, *arguments):
    path = f"{folder}/guest.elf"
    with open(path, "wb") as file:
        file.write(elf(code))
    guest = Guest([backplane, "run", board, "--image", f"firmware={path}", "--backend", "console=stdio", *arguments])
    guests.append(guest)
    return guest


def interrupted(guests, backplane, board, code, arguments=(), settle=0.7):
    """Runs a while; then SIGINT must end it quickly and cleanly."""
    with tempfile.TemporaryDirectory() as folder:
        guest = start(guests, backplane, board, code, folder, *arguments)
        until = time.monotonic() + settle
        while time.monotonic() < until:
            guest._pump(0.05)
            check(guest.process.poll() is None, f"ended by itself with status {guest.process.poll()}")
        asked = time.monotonic()
        guest.signal(signal.SIGINT)
        status = guest.wait(5)
        took = time.monotonic() - asked
        check_sane(guest, status) if status != -signal.SIGINT else None
        check(status in (0, 1, 130, -signal.SIGINT), f"exit status {status} after SIGINT")
        check(took < PATIENCE, f"took {took:.2f} s to end after SIGINT")


def nowhere(g, b, board):
    interrupted(g, b, board, NOWHERE)


def fault_loop(g, b, board):
    interrupted(g, b, board, FAULT_LOOP)


def spin(g, b, board):
    interrupted(g, b, board, SPIN)


def spin_harts(g, b, board):
    interrupted(g, b, board, SPIN, ("--set", "harts=4"))


def sleep(g, b, board):
    interrupted(g, b, board, WFI)


def mmio_storm(g, b, board):
    interrupted(g, b, board, MMIO_STORM, ("--set", "harts=4"))


def uart_flood(g, b, board):
    interrupted(g, b, board, UART_FLOOD)


def uart_blocked(guests, backplane, board):
    """Nobody reads the console: the guest may wait, the command must still end."""
    with tempfile.TemporaryDirectory() as folder:
        guest = start(guests, backplane, board, UART_FLOOD, folder)
        time.sleep(1.0)
        asked = time.monotonic()
        guest.signal(signal.SIGINT)
        deadline = asked + 5 * PATIENCE
        while guest.process.poll() is None and time.monotonic() < deadline:
            time.sleep(0.02)
        check(guest.process.poll() is not None, "hangs on a console that nobody reads")


def store_everywhere(g, b, board):
    interrupted(g, b, board, STORE_ALL, settle=1.5)


NOP = 0x00000013
ENTER = {"m": (0x000022b7, 0x80028293, 0x3002a073),  # lui t0, 2; addi t0, t0, -2048; csrs mstatus, t0: MPP = M
         "s": (0x000012b7, 0x80028293, 0x3002a073),  # lui t0, 1; ...: MPP = S
         "u": (NOP, NOP, NOP)}


def random_program(seed, mode):
    """Traps go on behind the faulting word, in the mode; everything may be accessed in all modes."""
    prologue = words(0x00000297, 0x02828293, 0x30529073,               # auipc t0; addi t0, t0, 40; csrw mtvec, t0
                     0xfff00313, 0x3b031073, 0x01f00313, 0x3a031073,   # pmpaddr0 = -1; pmpcfg0 = NAPOT, RWX
                     0x00000297, 0x03028293, 0x34129073,               # mepc = 4 less than where the bytes begin
                     0x341022f3, 0x00428293, 0x34129073,               # handler: mepc += 4
                     0x000022b7, 0x80028293, 0x3002b073,               # csrc mstatus, MPP
                     *ENTER[mode], 0x30200073)                         # mret
    return prologue + random.Random(seed).randbytes(1 << 16)


def random_code(guests, backplane, board):
    """Random bytes as code, from fixed seeds, in each mode. Ends are allowed, crashes are not. HOSTILE_SECONDS: go on for so long."""
    end = time.monotonic() + float(os.environ.get("HOSTILE_SECONDS", "0"))
    for seed in itertools.count():
        if seed >= 12 and time.monotonic() > end:
            break
        with tempfile.TemporaryDirectory() as folder:
            guest = start(guests, backplane, board, random_program(seed, "msu"[seed % 3]), folder)
            until = time.monotonic() + 0.6
            while time.monotonic() < until and guest.process.poll() is None:
                guest._pump(0.05)
            if guest.process.poll() is None:
                guest.signal(signal.SIGINT)
            status = guest.wait(5)
            if status != -signal.SIGINT:
                check_sane(guest, status)
            guests.remove(guest)


main(globals()[sys.argv[1]], *sys.argv[2:4])
