#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""command.py KIT GOOD BROKEN SEATS DOC FOLDER: the kit as a command: options, exit status, reports, the table in its manual,
and files that are no plug-ins."""
import json
import os
import random
import re
import subprocess
import sys
import xml.etree.ElementTree as xml

errors = []


def expect(true, text):
    if not true:
        errors.append(text)


def run(*arguments, timeout=120):
    return subprocess.run([KIT, *arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, timeout=timeout)


def wrong_use():
    for arguments, text in [
        ([], "which plug-in"),
        (["a.so", "b.so"], "which plug-in"),
        (["--level", "0", GOOD], "1 to 10"),
        (["--level", "eleven", GOOD], "1 to 10"),
        (["--only", "nothing", GOOD], "--list"),
        (["--only", "crash", GOOD], "watches"),
        (["--seed", "-1", GOOD], "64 bits"),
        (["--props", "novalue", GOOD], "NAME=VALUE"),
        (["--timeout", "0", GOOD], "seconds"),
        (["--type", "nothing", GOOD], "no type"),
        (["--junit", "/does/not/exist.xml", "--level", "1", GOOD], "No such file"),
        ([FOLDER + "/missing.so"], "No such file"),
        (["--nonsense", GOOD], "nonsense"),
    ]:
        result = run(*arguments)
        expect(result.returncode == 2, f"{arguments}: exit {result.returncode}, not 2")
        expect(text in result.stderr, f"{arguments}: '{text}' is not in '{result.stderr}'")


def reports():
    good, broken = run(GOOD, "--level", "3"), run(BROKEN)
    expect(good.returncode == 0 and ": 0 findings" in good.stdout, f"{GOOD}: {good.stdout}")
    lines = broken.stdout.splitlines()
    expect(broken.returncode == 1 and len(lines) == 2, f"one line a finding, and a summary: {lines}")
    expect(re.match(r"reset\.member\.so: level 5: reset: device broken: .+: .+ \(device\.h\)$", lines[0]), lines[0])

    report = json.loads(run("--json", BROKEN).stdout)
    failed = [r for r in report["results"] if r["status"] == "failed"]
    expect(report["findings"] == 1 and [r["check"] for r in failed] == ["reset"], f"JSON: {failed}")
    expect(max(r["level"] for r in report["results"]) == 5, "a type that failed is not looked at further")
    going = json.loads(run("--json", "--keep-going", BROKEN).stdout)
    expect(max(r["level"] for r in going["results"]) == 10, "--keep-going goes on")
    low = json.loads(run("--json", "--level", "4", BROKEN).stdout)
    expect(low["findings"] == 0 and max(r["level"] for r in low["results"]) == 4, "--level 4 ends before reset")
    only = json.loads(run("--json", "--only", "reset", BROKEN).stdout)
    expect([r["check"] for r in only["results"] if r["type"]] == ["reset"], "--only makes one check")

    path = os.path.join(FOLDER, "junit.xml")
    run("--junit", path, BROKEN)
    suite = xml.parse(path).getroot()
    expect(suite.tag == "testsuite" and suite.get("failures") == "1", f"JUnit: {suite.attrib}")
    expect(int(suite.get("tests")) == len(suite.findall("testcase")), "JUnit counts its test cases")
    expect([c.get("name") for c in suite if c.find("failure") is not None] == ["reset"], "JUnit names the check")
    expect(int(suite.get("skipped")) == len(suite.findall("testcase/skipped")), "JUnit counts what was not made")


def repeatable():
    first, second = run("--seed", "7", BROKEN).stdout, run("--seed", "7", BROKEN).stdout
    expect(first == second, f"one seed, one report:\n{first}{second}")


def seats():
    """What needs a controller the kit has not is passed over with a reason; what need not sit anywhere is checked."""
    for name, arguments, status, text in [
        ("required", [], "not made", "com.acme.side-host/1"),
        ("optional", [], "passed", ""),
        ("required", ["--props", "required.side=0x4g"], "not made", "side=0x4g is no address"),
    ]:
        result = run("--verbose", "--type", name, "--only", "init", *arguments, SEATS)
        line = [l for l in result.stdout.splitlines() if re.search(rf" init .* {name} ", l)]
        expect(result.returncode == 0 and len(line) == 1 and status in line[0] and text in line[0],
               f"{name} {arguments}: '{status}', '{text}': {result.stdout}")


def manual():
    table = run("--list").stdout
    with open(DOC, encoding="utf-8") as file:
        expect(table in file.read(), f"{DOC}: its table is not what backplane-check --list prints")


def no_plugins():
    """Cut and changed copies of a plug-in: a finding or, by chance, none; never a crash of the kit."""
    with open(GOOD, "rb") as file:
        whole = file.read()
    chance, path = random.Random(1), os.path.join(FOLDER, "damaged.so")
    variants = [b"", b"#!/bin/sh\n", b"\x7fELF", whole[:64], whole[:1000], whole[:len(whole) // 2]]
    for _ in range(60):
        copy = bytearray(whole)
        for _ in range(chance.randrange(1, 8)):
            copy[chance.randrange(0, 4096 if chance.random() < 0.7 else len(copy))] = chance.randrange(256)
        variants.append(bytes(copy))
    for number, data in enumerate(variants):
        with open(path, "wb") as file:
            file.write(data)
        result = run("--level", "1", "--timeout", "5", path)
        expect(result.returncode in ((1,) if number < 6 else (0, 1)), f"variant {number}: exit {result.returncode}")
    expect(run(FOLDER).returncode == 1, "a folder is no plug-in")


def main():
    for check in (wrong_use, reports, repeatable, seats, manual, no_plugins):
        check()
    print("\n".join(errors) or "command: ok")
    return 1 if errors else 0


if __name__ == "__main__":
    KIT, GOOD, BROKEN, SEATS, DOC, FOLDER = sys.argv[1:]
    sys.exit(main())
