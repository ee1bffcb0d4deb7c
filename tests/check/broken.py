#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""broken.py KIT PLUGIN...: the check that a broken plug-in is named after finds its fault, and no other check does."""
import json
import os
import subprocess
import sys


def main():
    kit, plugins = sys.argv[1], sys.argv[2:]
    errors = []
    for plugin in plugins:
        expected = os.path.basename(plugin).split(".")[0]
        result = subprocess.run([kit, "--json", "--timeout", "4", plugin], stdout=subprocess.PIPE, text=True)
        report = json.loads(result.stdout)
        found = [f for r in report["results"] for f in r["findings"]]
        if {f["check"] for f in found} != {expected} or result.returncode != 1:
            errors.append(f"{plugin}: {expected} should find it, alone; exit {result.returncode}")
        for f in found:
            print(f"{f['check']}: {f['function']}: {f['cause']}")
            if not (f["cause"] and f["cure"] and f["contract"] and f["source"]):
                errors.append(f"{plugin}: a finding lacks cause, contract, source or cure: {f}")
    print("\n".join(errors))
    return 1 if errors else 0


if __name__ == "__main__":
    sys.exit(main())
