#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""test_programs.py BACKPLANE BOARDS GUEST_DIR [OPTION of bench.py]...: builds the benchmark's own programs and runs each
of them once with next to no work. Their checksums must be the same on all accelerators that the options name."""
import gzip
import json
import os
import shutil
import subprocess
import sys
import tempfile

from bench import read_rows

here = os.path.dirname(os.path.abspath(__file__))

SUITES = "bare,rv32,int,fp,mem,os"


def initrd(guest, programs, out):
    """As tools/guest makes it, but for Debian's programs, which need a network."""
    os.mkdir(f"{programs}/bin")
    shutil.copy(f"{programs}/suite", f"{programs}/bin")
    shutil.copy(f"{here}/guest.sh", f"{programs}/script")
    archive = subprocess.run(["cpio", "--create", "--quiet", "--format=newc", "--owner=0:0"], cwd=programs, check=True,
                             input=b"bin/suite\nscript\n", stdout=subprocess.PIPE).stdout
    with open(f"{guest}/initramfs.cpio.gz", "rb") as common, open(out, "wb") as file:
        file.write(common.read() + gzip.compress(archive))


def main():
    backplane, boards, guest, *options = sys.argv[1:]
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run([f"{here}/build-programs", folder, "1"], check=True)
        initrd(guest, folder, f"{folder}/initrd.cpio.gz")
        done = subprocess.run([sys.executable, f"{here}/bench.py", "--backplane", backplane, "--boards", boards, "--guest", guest,
                               "--programs", folder, "--initrd", f"{folder}/initrd.cpio.gz", "--suite", SUITES, "--own",
                               "--rounds", "1", "--work", "0.002", "--json", f"{folder}/raw", *options], check=False)
        if not os.path.exists(f"{folder}/raw"):
            return 1
        with open(f"{folder}/raw", encoding="utf-8") as file:
            ran = json.load(file)["linux"]
    missing = [r.name for r in read_rows(f"{here}/rows.txt") if r.suite in SUITES.split(",") and " exec " not in r.command
               and f"{r.suite} {r.name} 1" not in ran]
    if missing:
        print(f"FAILED: no row of {', '.join(missing)}")
    return 1 if missing else done.returncode


sys.exit(main())
