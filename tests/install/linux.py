#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The device author's guide from an empty folder to a device that Linux talks to: its files and commands, as they are there,
against an installation.

usage: linux.py linux SOURCE_DIR BINARY_DIR GUEST_DIR
"""
import os
import re
import shutil
import sys

from install import expect, main, run

SECTION = r"^## To a device that Linux talks to$(.*?)^## "


def linux(place):
    guest_dir = os.path.abspath(sys.argv[4])
    with open(os.path.join(place.source, "docs/device-author.md"), encoding="utf-8") as file:
        section = re.search(SECTION, file.read(), flags=re.M | re.S).group(1)
    # A guest folder that is complete and the test's own: `backplane-guest` may renew what it finds old.
    guest = os.path.join(place.folder, "guest")
    os.makedirs(guest)
    os.symlink(os.path.join(guest_dir, "unpacked"), os.path.join(guest, "unpacked"))
    for name in ("Image", "fw_dynamic.bin", "initramfs.cpio.gz", "stamp"):
        shutil.copyfile(os.path.join(guest_dir, name), os.path.join(guest, name))
    where = {"PATH": f"{place.prefix}/bin:{os.environ['PATH']}", "BACKPLANE_GUEST_DIR": guest,
             "CMAKE_PREFIX_PATH": place.prefix}
    expect("backplane-guest does not know its folder", run([f"{place.prefix}/bin/backplane-guest", "path"], **where) == guest + "\n")

    place.backplane("new", "device", "acme-uart")
    fences = re.findall(r"^```(\w+) ([^\n]*)\n(.*?)^```$", section, flags=re.M | re.S)
    for _, words, text in fences:
        named = re.search(r"file=(\S+)", words)
        if named:
            with open(os.path.join(place.work, named.group(1)), "w", encoding="utf-8") as file:
                file.write(text.replace("/usr/share/backplane", f"{place.prefix}/share/backplane"))
    # The first block installs packages.
    commands = [text for language, words, text in fences if language == "sh" and words == "plain"][1:]
    expect(f"commands of the guide: {commands}", len(commands) == 2 and "backplane run linux.yaml" in commands[1])
    said = ""
    for text in commands:
        said += run(["bash", "-euo", "pipefail", "-c", text], cwd=os.path.join(place.work, "acme-uart"), **where)
    expect(f"its tests did not pass:\n{said}", "100% tests passed" in said and ": 0 findings" in said)
    expect(f"there was no interrupt:\n{said}", re.search(r"^ *\d+: +[1-9]\d* .*10020000\.serial", said, flags=re.M))
    expect(f"Linux did not answer:\n{said}", said.endswith("Hello, Ada, from Linux.\n"))


if __name__ == "__main__":
    sys.exit(main(linux))
