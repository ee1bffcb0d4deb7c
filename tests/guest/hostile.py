#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Guests that mean harm: hostile.py TEST BACKPLANE BOARD. The host must survive, and end within a second when told to."""
import fcntl
import os
import pty
import random
import select
import signal
import struct
import subprocess
import sys
import tempfile
import termios
import time

from harness import Guest, check, check_sane, main

RAM = 0x80000000


def elf(code, entry=RAM):
    """A RISC-V ELF with one segment at RAM."""
    head = b"\x7fELF" + bytes([2, 1, 1]) + bytes(9)
    head += struct.pack("<HHIQQQIHHHHHH", 2, 243, 1, entry, 64, 0, 0, 64, 56, 1, 0, 0, 0)
    segment = struct.pack("<IIQQQQQQ", 1, 7, 120, RAM, RAM, len(code), len(code), 8)
    return head + segment + code


def words(*values):
    return b"".join(struct.pack("<I", v) for v in values)


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
        check(took < 1 or float(os.environ.get("BACKPLANE_TEST_PATIENCE", "1")) > 1, f"took {took:.2f} s to end after SIGINT")


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
        deadline = asked + 5
        while guest.process.poll() is None and time.monotonic() < deadline:
            time.sleep(0.02)
        check(guest.process.poll() is not None, "hangs on a console that nobody reads")


def store_everywhere(g, b, board):
    interrupted(g, b, board, STORE_ALL, settle=1.5)


def random_code(guests, backplane, board):
    """Random bytes as code, from fixed seeds, with traps that go on behind the faulting word. Ends are allowed, crashes are not."""
    for seed in range(12):
        source = random.Random(seed)
        # mtvec = handler; handler: mepc += 4; mret. Then random words.
        prologue = words(0x00000297, 0x01028293, 0x30529073, 0x0140006f,   # auipc t0; addi t0, 16; csrw mtvec; j +20
                         0x341022f3, 0x00428293, 0x34129073, 0x30200073)   # csrr t0, mepc; addi 4; csrw mepc; mret
        code = prologue + source.randbytes(1 << 16)
        with tempfile.TemporaryDirectory() as folder:
            guest = start(guests, backplane, board, code, folder)
            until = time.monotonic() + 0.6
            while time.monotonic() < until and guest.process.poll() is None:
                guest._pump(0.05)
            if guest.process.poll() is None:
                guest.signal(signal.SIGINT)
            status = guest.wait(5)
            if status != -signal.SIGINT:
                check_sane(guest, status)
            guests.remove(guest)


def terminal(guests, backplane, board):
    """On a terminal: Ctrl-A h helps, Ctrl-A x leaves, and the terminal is as it was. The same when killed by SIGTERM."""
    for way in ("escape", "sigterm", "guest"):
        with tempfile.TemporaryDirectory() as folder:
            # the guest that powers off by itself: sw 0x5555 to the finisher after a while
            code = SPIN if way != "guest" else words(0x001002b7, 0x00005337, 0x55530313, 0x0062a023, 0x0000006f)
            with open(f"{folder}/guest.elf", "wb") as file:
                file.write(elf(code))
            master, slave = pty.openpty()
            before = termios.tcgetattr(slave)
            process = subprocess.Popen([backplane, "run", board, "--image", f"firmware={folder}/guest.elf", "--backend", "console=stdio"],
                                       stdin=slave, stdout=slave, stderr=subprocess.PIPE, start_new_session=True,
                                       preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0))
            output = b""

            def read(seconds):
                nonlocal output
                until = time.monotonic() + seconds
                while time.monotonic() < until:
                    ready, _, _ = select.select([master], [], [], 0.05)
                    if ready:
                        output += os.read(master, 4096)

            read(0.7)
            if way == "escape":
                check(process.poll() is None, "ended before it was told to")
                os.write(master, b"\x03")  # Ctrl-C is the guest's
                read(0.3)
                check(process.poll() is None, "Ctrl-C on the terminal ended the machine instead of reaching the guest")
                os.write(master, b"\x01h")
                read(0.5)
                os.write(master, b"\x01x")
            elif way == "sigterm":
                process.send_signal(signal.SIGTERM)
            try:
                status = process.wait(5)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
                status = None
            read(0.1)
            after = termios.tcgetattr(slave)
            os.close(master)
            os.close(slave)
            errors = process.stderr.read().decode("utf-8", "replace")
            process.stderr.close()
            check(status is not None, f"{way}: did not end")
            check(before == after, f"{way}: the terminal was left changed")
            check("Sanitizer" not in errors, f"{way}: {errors}")
            if way == "escape":
                check(b"Ctrl-A x" in output or b"C-a x" in output or b"Ctrl-A x" in errors.encode(), f"no help after Ctrl-A h: {output!r} {errors!r}")
                check(status == 0, f"exit status {status} after Ctrl-A x")
            if way == "guest":
                check(status == 0, f"exit status {status} after power-off")


main(globals()[sys.argv[1]], *sys.argv[2:4])
