#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Plug-ins in other languages than C, built by a stranger against an installation; and the mistakes that their wrappers of the
SDK are there to find.

usage: languages.py cxx|rust SOURCE_DIR BINARY_DIR
"""
import os
import re
import shutil
import signal
import sys

from install import expect, main, run

CARGO_PROJECT = """[package]
name = "countdown-rust"
version = "1.0.0"
edition = "2021"
[lib]
crate-type = ["cdylib"]
[dependencies]
backplane = {{ path = "{crates}/backplane" }}
[profile.dev]
panic = "abort"
opt-level = 1
"""

# The guest of one counter, which starts it.
STARTER = """#include <testhost.h>
int main(int argc, char **argv)
{
    struct th *t = th_open(argv[1], "countdown");

    if (!t)
        return 1;
    th_clock(t, "clock", 1000);
    if (th_start(t))
        return 1;
    th_write(t, 0, 0x0, 4, 3);
    return th_close(t) ? 1 : 0;
}
"""


def starter(place):
    """STARTER, built."""
    with open(os.path.join(place.work, "starter.c"), "w", encoding="utf-8") as file:
        file.write(STARTER)
    include = f"{place.prefix}/include"
    run(["cc", f"-I{include}", f"-I{include}/backplane-testhost", "-o", "starter", "starter.c", "-ldl"], cwd=place.work)
    return os.path.join(place.work, "starter")


def cxx(place):
    """A plug-in in C++ as a project of its own, and what the compiler says of mistakes."""
    source = os.path.join(place.work, "countdown.cc")
    with open(os.path.join(place.prefix, "share/doc/backplane-sdk/examples/countdown.cc"), encoding="utf-8") as file:
        text = file.read()
    with open(os.path.join(place.work, "CMakeLists.txt"), "w", encoding="utf-8") as file:
        file.write("cmake_minimum_required(VERSION 3.20)\nproject(countdown LANGUAGES CXX)\n"
                   "find_package(Backplane 0.1 REQUIRED)\nbackplane_plugin(countdown-cxx SOURCES countdown.cc)\n")
    update = "timer = timers->create(dev"
    for what, change, wanted in [
            ("as it is", lambda t: t, None),
            ("a hook of another register", lambda t: t.replace("&countdown::on_value_read>", "&countdown::on_ctrl_write>"),
             "on_read|invalid conversion|cannot convert"),
            ("an exception", lambda t: t.replace(update, "throw 1;\n    " + update), "exception"),
            ("memory of the library's", lambda t: t.replace(update, "load = *new uint32_t(7);\n    " + update),
             "undefined reference to .operator new"),
            ("a constructor", lambda t: t.replace("uint32_t ctrl, load", "uint32_t more = 1;\n    uint32_t ctrl, load"),
             "the core makes instances of zeros"),
            ("a virtual function", lambda t: t.replace("void update_irq();", "virtual void update_irq();"),
             "rows name members by offset|offsetof")]:
        with open(source, "w", encoding="utf-8") as file:
            file.write(change(text))
        expect(f"{what}: nothing changed", wanted is None or change(text) != text)
        if wanted is None:
            run(["cmake", "-S", ".", "-B", "build", f"-DCMAKE_PREFIX_PATH={place.prefix}",
                 "-DCMAKE_CXX_FLAGS=-Wall -Wextra -Werror"], cwd=place.work)
        said = run(["cmake", "--build", "build"], cwd=place.work, status=0 if wanted is None else None)
        expect(f"{what} is not refused with `{wanted}`:\n{said}", wanted is None or re.search(wanted, said))
        if wanted is None:
            expect("it is not found", "LOAD" in place.backplane("describe", "countdown", "--plugin-path", "build"))
            run([starter(place), "build/countdown-cxx.so"], cwd=place.work)


def rust(place):
    """A plug-in in Rust as a project of its own, and what the compiler and the panic handler say of mistakes."""
    crates = os.path.join(place.prefix, "share/backplane/rust")
    project = os.path.join(place.work, "down")
    os.makedirs(os.path.join(project, "src"))
    with open(os.path.join(crates, "backplane/examples/countdown.rs"), encoding="utf-8") as file:
        text = file.read()
    with open(os.path.join(project, "Cargo.toml"), "w", encoding="utf-8") as file:
        file.write(CARGO_PROJECT.format(crates=crates))
    program = starter(place)
    for what, change, wanted in [
            ("as it is", lambda t: t, None),
            ("a hook of another register", lambda t: t.replace("on_read(Countdown::on_value_read)", "on_read(Countdown::on_ctrl_write)"),
             "expected.*to|type mismatch"),
            ("a member that registers cannot be", lambda t: t.replace('text!("LOAD"), Countdown::load', 'text!("LOAD"), Countdown::irq'),
             "Line: .*Cells.* is not satisfied"),
            ("a line as a clock", lambda t: t.replace('Countdown::clock).required', 'Countdown::irq).required'), "mismatched types"),
            ("a member with a destructor", lambda t: t.replace("irq: Line", "more: Option<Line>, irq: Line"),
             "Part.* is not satisfied"),
            ("an instance of one's own", lambda t: t + "pub fn make() -> Timer { Timer {} }\n", "E0063|private|missing"),
            ("a panic", lambda t: t.replace("self.update_irq();\n    }\n\n    fn on_value_read",
                                            "let few = [1, 2];\n        self.load.set(few[value as usize]);\n    }\n\n    fn on_value_read"),
             None)]:
        with open(os.path.join(project, "src/lib.rs"), "w", encoding="utf-8") as file:
            file.write(change(text))
        expect(f"{what}: nothing changed", what == "as it is" or change(text) != text)
        said = run(["cargo", "build", "--quiet", "--offline"], cwd=project, status=None if wanted else 0)
        expect(f"{what} is not refused with `{wanted}`:\n{said}", wanted is None or re.search(wanted, said))
        built = os.path.join(project, "target/debug/libcountdown_rust.so")
        if what == "as it is":
            shutil.copy(built, os.path.join(place.work, "countdown-rust.so"))
            expect("it is not found", "LOAD" in place.backplane("describe", "countdown", "--plugin-path", "."))
            run([program, "./countdown-rust.so"], cwd=place.work)
        elif wanted is None:
            said = run([program, built], cwd=place.work, status=-signal.SIGILL)
            expect(f"the panic is not told:\n{said}", re.search(r"panicked at.*src/lib.rs:\d+", said) and "out of bounds" in said)


if __name__ == "__main__":
    sys.exit(main(cxx, rust))
