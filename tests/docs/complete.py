#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""docs/user.md names every command, every option of `run`, every back end and accelerator and their settings.

usage: complete.py BACKPLANE DOCUMENT
"""
import json
import re
import subprocess
import sys

backplane, document = sys.argv[1:3]
with open(document, encoding="utf-8") as file:
    code = " ".join(re.findall(r"`([^`\n]+)`", re.sub(r"^```.*?^```$", "", file.read(), flags=re.S | re.M)))


def ask(*arguments):
    return subprocess.run([backplane, *arguments], check=True, capture_output=True, text=True).stdout


def listed(*arguments):
    return json.loads(ask(*arguments, "--json"))


wanted = [(f"backplane {c}", "command") for c in re.findall(r"^  ([a-z]+) ", ask("--help"), re.M)]
for command in [name.split()[1] for name, _ in wanted]:
    wanted += [(option, f"option of {command}") for option in re.findall(r"^  (--[a-z-]+)", ask(command, "--help"), re.M)]
for kind in ("backends", "accels"):
    for entry in listed("list", kind):
        wanted.append((entry["name"], kind))
        wanted += [(p["name"], f"setting of {entry['name']}") for p in listed("describe", entry["name"])["properties"]]
missing = [f"{document}: no word about `{name}`, {what}" for name, what in dict(wanted).items()
           if not re.search(rf"(?<![\w-]){re.escape(name)}(?![\w-])", code)]
print("\n".join(missing) or f"{len(wanted)} names")
sys.exit(bool(missing))
