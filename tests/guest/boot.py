#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Boots real software: boot.py TEST BACKPLANE BOARD GUEST_DIR, TEST one of the functions below.

GUEST_DIR holds what tools/guest fetched. Scripts for the guest travel as a second archive in the initramfs.
"""
import gzip
import hashlib
import os
import re
import socket
import subprocess
import sys
import tempfile
import threading
import time

sys.path.append(os.path.join(os.path.dirname(os.path.abspath(__file__)), "../control"))
from machines import Client
from harness import Guest, check, check_sane, main

BOOT = 240  # seconds until a kernel has reached its script


def cpio_newc(name, data):
    """One file as a cpio archive in the "newc" format, with its trailer."""
    def record(name, mode, data, inode):
        fields = [inode, mode, 0, 0, 1, 0, len(data), 0, 0, 0, 0, len(name) + 1, 0]
        head = b"070701" + b"".join(b"%08x" % f for f in fields) + name.encode() + b"\0"
        return head + b"\0" * (-len(head) % 4) + data + b"\0" * (-len(data) % 4)
    return record(name, 0o100755, data, 1) + record("TRAILER!!!", 0, b"", 0)


class Setup:
    def __init__(self, backplane, board, guest_dir, folder):
        self.backplane, self.board, self.dir, self.folder = backplane, board, guest_dir, folder

    def command(self, *arguments, firmware="fw_dynamic.bin"):
        return [self.backplane, "run", self.board, "--image", f"firmware={self.dir}/{firmware}",
                "--backend", "console=stdio", *arguments]

    def initrd(self, script, *archives):
        path = f"{self.folder}/initrd.cpio.gz"
        with open(path, "wb") as out:
            for name in ("initramfs.cpio.gz", *archives):
                with open(f"{self.dir}/{name}", "rb") as archive:
                    out.write(archive.read())
            out.write(gzip.compress(cpio_newc("script", script.encode())))
        return path

    def linux(self, script, *arguments, cmdline="console=ttyS0 loglevel=4"):
        return self.command("--image", f"kernel={self.dir}/Image", "--image", f"initrd={self.initrd(script)}",
                            "--cmdline", cmdline, *arguments)


def finish(guest, seconds=60):
    status = guest.wait(seconds)
    check_sane(guest, status)
    check(status == 0, f"exit status {status} after a clean power-off")


def uboot(guests, setup):
    """OpenSBI hands over to U-Boot in S-mode; its prompt takes commands; poweroff ends the machine."""
    guest = Guest(setup.command("--image", f"kernel={setup.dir}/u-boot.bin"))
    guests.append(guest)
    guest.expect("OpenSBI v")
    guest.expect("U-Boot 20")
    guest.expect("autoboot:")
    guest.send("\n")
    guest.expect("=> ")
    guest.send("version\n")
    guest.expect("U-Boot 20")
    guest.expect("=> ")
    guest.send("md.l 0x80200000 4\n")
    guest.expect("80200000:")
    guest.expect("=> ")
    guest.send("poweroff\n")
    finish(guest)


SMALL = """uname -a
nproc
cat /proc/cpuinfo
free
"""


def linux(guests, setup):
    """A kernel of Debian's reaches its script, sees the machine that was described, and powers off."""
    guest = Guest(setup.linux(SMALL + "cat /proc/device-tree/model; echo\nhwclock -r\n"))
    guests.append(guest)
    guest.expect("guest: script begins", BOOT)
    guest.expect("Linux backplane 6.")
    guest.expect("riscv64")
    guest.expect("mmu\t\t: sv")
    guest.expect("guest: script ended with status 0")
    finish(guest)


def linux_smp(guests, setup):
    """Four harts, all of them used: as many busy processes pinned one to each, and a checksum on every hart."""
    script = """test "$(nproc)" = 4 || exit 1
for cpu in 0 1 2 3; do
    taskset -c $cpu sh -c 'i=0; while [ $i -lt 300 ]; do i=$((i + 1)); done; sha256sum /bin/busybox' >/tmp/sum.$cpu &
done
wait
cat /tmp/sum.* | sort -u | wc -l
cat /proc/interrupts
"""
    guest = Guest(setup.linux(script, "--set", "harts=4"))
    guests.append(guest)
    guest.expect("guest: script begins", BOOT)
    guest.expect("\n1\r\n", 120)
    guest.expect("guest: script ended with status 0")
    finish(guest)


def linux_stress(guests, setup):
    """More processes than harts, which start others, write into pipes and sleep, for STRESS_SECONDS (5): all get the same sum."""
    seconds = int(os.environ.get("STRESS_SECONDS", "5"))
    script = f"""end=$(($(date +%s) + {seconds}))
for n in 1 2 3 4 5 6 7; do
    (
        want=
        while [ "$(date +%s)" -lt $end ]; do
            sum=$(seq 1 2000 | sort -r | gzip | gunzip | sha256sum)
            [ "$sum" = "${{want:=$sum}}" ] || exit 1
            usleep 1000
        done
        echo "$want"
    ) >/tmp/sum.$n &
done
wait
cat /tmp/sum.* | wc -l
cat /tmp/sum.* | sort -u | wc -l
"""
    guest = Guest(setup.linux(script, "--set", "harts=4"))
    guests.append(guest)
    guest.expect("guest: script begins", BOOT)
    guest.expect("\n7\r\n1\r\n", seconds + 60)
    guest.expect("guest: script ended with status 0")
    finish(guest)


def use_disk(guests, setup, *arguments):
    """The guest mounts a file system on virtio-blk, writes to it; the host finds what was written, and a sound file system."""
    image, copy = f"{setup.folder}/disk.img", f"{setup.folder}/copy"
    with open(image, "wb") as file:
        file.truncate(24 << 20)
    subprocess.run(["mke2fs", "-q", "-F", "-t", "ext4", image], check=True)
    script = """set -e
ls -l /dev/vda
mount -t ext4 /dev/vda /mnt
seq 1 20000 >/mnt/numbers
mkdir /mnt/folder
cp /bin/busybox /mnt/folder/busybox
sync
echo 3 >/proc/sys/vm/drop_caches
cmp /bin/busybox /mnt/folder/busybox
sha256sum /mnt/folder/busybox
umount /mnt
dd if=/dev/vda of=/dev/null bs=1M 2>&1 | tail -n 1
"""
    guest = Guest(setup.linux(script, "--backend", f"root=raw,path={image}", *arguments))
    guests.append(guest)
    guest.expect("guest: script begins", BOOT)
    guest.expect("guest: script ended with status 0", 120)
    finish(guest)
    fsck = subprocess.run(["e2fsck", "-f", "-n", image], capture_output=True, text=True)
    check(fsck.returncode == 0, f"e2fsck: {fsck.stdout}{fsck.stderr}")
    subprocess.run(["debugfs", "-R", f"dump numbers {copy}", image], check=True, capture_output=True)
    with open(copy, encoding="ascii") as file:
        check(file.read() == "".join(f"{i}\n" for i in range(1, 20001)), "the file written by the guest differs")
    subprocess.run(["debugfs", "-R", f"dump folder/busybox {copy}", image], check=True, capture_output=True)
    want = subprocess.run(["sha256sum", copy], check=True, capture_output=True, text=True).stdout.split()[0]
    check(want in guest.text(), "busybox on the disk differs from what the guest read")


def disk(guests, setup):
    use_disk(guests, setup)


def reload(guests, setup):
    """The same, while console, clock, disk and the rest are swapped for themselves from the first instruction to the last."""
    path, swapped, refused = f"{setup.folder}/control", [], []

    def swap():
        while not os.path.exists(path):
            time.sleep(0.02)
        client = Client(path)
        try:
            while True:
                for plugin in ("standard", "virtio"):
                    answer = client.call("reload", {"target": plugin})
                    if "return" in answer:
                        swapped.append(plugin)
                    elif "the machine has ended" not in answer["error"]["desc"]:
                        refused.append(answer)
                time.sleep(0.03)
        except (OSError, TypeError):  # the machine has ended
            pass

    thread = threading.Thread(target=swap, daemon=True)
    thread.start()
    use_disk(guests, setup, "--control", path)
    thread.join(60)
    check(not refused, f"refused: {refused[:3]}")
    check(len(swapped) > 30, f"only {len(swapped)} reloads")


def snapshot(guests, setup):
    """snapshot=true: the guest's writes last as long as the machine, the file is untouched."""
    image = f"{setup.folder}/disk.img"
    with open(image, "wb") as file:
        file.write(b"before" + bytes(1 << 20))
    script = """set -e
dd if=/dev/vda bs=6 count=1 2>/dev/null; echo
echo after | dd of=/dev/vda conv=notrunc,fsync 2>/dev/null
echo 3 >/proc/sys/vm/drop_caches
dd if=/dev/vda bs=5 count=1 2>/dev/null; echo
"""
    guest = Guest(setup.linux(script, "--backend", f"root=raw,path={image},snapshot=true"))
    guests.append(guest)
    guest.expect("guest: script begins", BOOT)
    guest.expect("before")
    guest.expect("after")
    guest.expect("guest: script ended with status 0")
    finish(guest)
    with open(image, "rb") as file:
        check(file.read() == b"before" + bytes(1 << 20), "a snapshot changed its file")


def devices(guests, setup):
    """virtio-rng gives bytes that differ, the real-time clock tells the host's time."""
    script = """set -e
cat /sys/class/misc/hw_random/rng_current
dd if=/dev/hwrng of=/tmp/a bs=64 count=4 2>/dev/null
dd if=/dev/hwrng of=/tmp/b bs=64 count=4 2>/dev/null
test "$(stat -c %s /tmp/a)" = 256
! cmp -s /tmp/a /tmp/b
echo "epoch $(cat /sys/class/rtc/rtc0/since_epoch)"
"""
    import time
    guest = Guest(setup.linux(script))
    guests.append(guest)
    guest.expect("guest: script begins", BOOT)
    guest.expect("virtio_rng")
    guest.expect("epoch ")
    guest.expect("guest: script ended with status 0")
    finish(guest)
    epoch = int(guest.text().split("epoch ")[1].split()[0])
    check(abs(epoch - time.time()) < 120, f"the guest's clock says {epoch}")


PARTS = """cd /modules/devices
while read -r module; do insmod $module || exit 1; done <order
set -e
cd /sys/bus/i2c/devices
seq 1 2000 | head -c 5000 >/tmp/data
cat /tmp/data >0-0050/eeprom
head -c 5000 0-0050/eeprom | cmp - /tmp/data

sensor=$(echo 0-0048/hwmon/hwmon*)
echo "sensor says $(cat $sensor/temp1_input)"
while [ $(cat $sensor/temp1_input) = 21500 ]; do sleep 0.1; done
echo "now it says $(cat $sensor/temp1_input)"

cd /sys/class/gpio
for pin in 517 522 526 527; do echo $pin >export; done
echo "alert $(cat gpio517/value)"
echo 40000 >/sys/bus/i2c/devices/$sensor/temp1_max
echo 39000 >/sys/bus/i2c/devices/$sensor/temp1_max_hyst
sleep 1
echo "alert $(cat gpio517/value)"
echo out >gpio527/direction
echo both >gpio526/edge
for level in 1 0 1 0 1; do
    echo $level >gpio527/value
    test $(cat gpio526/value) = $level
done
echo "edges $(awk '/sifive-gpio +14/ { print $2 }' /proc/interrupts)"

echo rising >gpio522/edge
cd /sys/class/pwm/pwmchip0
echo 0 >export
echo 10000000 >pwm0/period
echo 2500000 >pwm0/duty_cycle
echo 1 >pwm0/enable
sleep 2
echo 0 >pwm0/enable
echo "pulses $(awk '/sifive-gpio +10/ { print $2 }' /proc/interrupts)"

cat /proc/mtd
cat /sys/bus/spi/devices/spi0.0/spi-nor/partname
dd if=/dev/mtd0 bs=64k count=1 2>/dev/null | sha256sum
dd if=/tmp/data of=/dev/mtdblock0 bs=512 seek=30 2>/dev/null
sync
dd if=/dev/mtd0 bs=512 skip=30 count=10 2>/dev/null | head -c 5000 | cmp - /tmp/data
"""


def parts(guests, setup):
    """Drivers for the FU540 and for parts on its buses: EEPROM, sensor, GPIO, PWM and flash, seen by the guest and the host."""
    eeprom, flash, socket_path = (f"{setup.folder}/{name}" for name in ("eeprom", "flash", "temperature"))
    content = bytes((i * 37 + (i >> 8)) & 255 for i in range(1 << 20))
    with open(eeprom, "wb") as file:
        file.truncate(32768)
    with open(flash, "wb") as file:
        file.write(content)
    guest = Guest(setup.command(
        "--image", f"kernel={setup.dir}/Image", "--image", f"initrd={setup.initrd(PARTS, 'devices.cpio.gz')}",
        "--cmdline", "console=ttySIF0 loglevel=4", "--backend", f"eeprom0=raw,path={eeprom}",
        "--backend", f"flash0=raw,path={flash}", "--backend", f"temperature=unix,listen={socket_path}"))
    guests.append(guest)
    guest.expect("guest: script begins", BOOT)
    guest.expect("sensor says 21500", 60)
    with socket.socket(socket.AF_UNIX) as peer:
        peer.connect(socket_path)
        peer.sendall(b"42.5\n")
        guest.expect("now it says 42500", 60)
    guest.expect("alert 1")
    guest.expect("alert 0", 60)
    guest.expect("edges 5")
    guest.expect("pulses ", 60)
    guest.expect("is25wp256")
    guest.expect(hashlib.sha256(content[:65536]).hexdigest(), 60)
    guest.expect("guest: script ended with status 0", 120)
    finish(guest)
    pulses = int(guest.text().split("pulses ")[1].split()[0])
    check(100 <= pulses <= 260, f"{pulses} pulses of 10 ms in two seconds")
    data = "".join(f"{i}\n" for i in range(1, 2001)).encode()[:5000]
    with open(eeprom, "rb") as file:
        check(file.read(5000) == data, "the host finds something else in the EEPROM's image")
    with open(flash, "rb") as file:
        changed = file.read()
    check(changed[30 * 512:30 * 512 + 5000] == data, "the host finds something else in the flash's image")
    check(changed[:30 * 512] == content[:30 * 512] and changed[65536:] == content[65536:],
          "more of the flash has changed than was written")


def shell(guests, setup):
    """The interactive shell: job control, line editing, Ctrl-C inside the guest, power-off by command."""
    guest = Guest(setup.command("--image", f"kernel={setup.dir}/Image", "--image", f"initrd={setup.dir}/initramfs.cpio.gz",
                                "--cmdline", "console=ttyS0 loglevel=4"))
    guests.append(guest)
    guest.expect("Ctrl-A x leaves", BOOT)
    guest.send("echo $((6 * 7))-ok\n")
    guest.expect("42-ok")
    guest.send("sh -c 'echo running; sleep 1000'\n")
    guest.expect("running\r\n")
    guest.send("\x03")
    guest.expect("~#")
    guest.send("sleep 500 &\n")
    guest.send("jobs; echo jobs-$?\n")
    guest.expect("jobs-0")
    check("can't access tty" not in guest.text(), "the shell has no job control")
    guest.send("poweroff -f\n")
    finish(guest)


def reboot(guests, setup):
    """A reset by the guest starts the firmware once more, with images loaded again."""
    guest = Guest(setup.command("--image", f"kernel={setup.dir}/u-boot.bin"))
    guests.append(guest)
    for turn in range(2):
        guest.expect("OpenSBI v")
        guest.expect("autoboot:")
        guest.send("\n")
        guest.expect("=> ")
        if turn == 0:
            guest.send("reset\n")
    guest.send("poweroff\n")
    finish(guest)


def deterministic(guests, setup):
    """Deterministic time: a boot up to a script's end, with random numbers and the clock read, is the same on every
    accelerator: every access, interrupt and character, at the same instruction."""
    script = SMALL + "hwclock -r\ncat /proc/sys/kernel/random/boot_id\ndd if=/dev/hwrng bs=16 count=1 2>/dev/null | sha256sum\n"
    for harts in ("1", "4"):
        runs = []
        for accel in os.environ["BACKPLANE_TEST_ACCELS"].split():
            guest = Guest(setup.linux(script, "--set", f"harts={harts}", "--accel", accel, "--time", "deterministic",
                                      "--trace-hash"))
            guests.append(guest)
            guest.expect("guest: script begins", BOOT)
            guest.expect("Jan  1 00:00:")
            guest.expect("guest: script ended with status 0", BOOT)
            finish(guest)
            found = re.search(r"^trace ([0-9a-f]{16}, \d+\.\d{9}) s", guest.error_text(), re.MULTILINE)
            check(found, "no trace hash")
            runs.append((accel, found[1], guest.text()))
            guests.remove(guest)
        for accel, trace, text in runs[1:]:
            check(text == runs[0][2], f"another console on {accel} than on {runs[0][0]}:\n{text}\n{runs[0][2]}")
            check(trace == runs[0][1], f"another trace on {accel} than on {runs[0][0]}: {trace}, not {runs[0][1]}")
        print(harts, "harts:", runs[0][1])


def lockstep(guests, setup):
    """A boot on two accelerators at once, compared after every round, with a disk that is written to by both."""
    image = f"{setup.folder}/disk.img"
    with open(image, "wb") as file:
        file.truncate(8 << 20)
    script = SMALL + "cat /dev/vda | sha256sum; seq 1 100000 | dd of=/dev/vda conv=fsync 2>/dev/null; cat /dev/vda | sha256sum\n"
    guest = Guest(setup.linux(script, "--accel", "lockstep:interp,tcg", "--backend", f"root=raw,path={image}"))
    guests.append(guest)
    guest.expect("guest: script begins", BOOT)
    guest.expect("guest: script ended with status 0", BOOT)
    finish(guest)
    check("differ" not in guest.error_text(), "the accelerators differ")
    with open(image, "rb") as file:
        check(file.read() == bytes(8 << 20), "a run in lockstep changed its disk")


def small_cache(guests, setup):
    """With a code cache that is too small for it, a boot is slower and nothing else."""
    script = SMALL + "for i in 1 2 3; do sha256sum /bin/busybox; done | sort -u | wc -l\n"
    guest = Guest(setup.linux(script, "--accel", "tcg,cache=4MiB", "--stats"))
    guests.append(guest)
    guest.expect("guest: script begins", BOOT)
    guest.expect("\n1\r\n")
    guest.expect("guest: script ended with status 0", BOOT)
    finish(guest)
    emptied = re.search(r"cache-flushes +(\d+)", guest.error_text())
    check(emptied and int(emptied[1]) > 1, f"the cache was large enough: {guest.error_text()}")


def run(guests, name, backplane, board, guest_dir):
    with tempfile.TemporaryDirectory() as folder:
        globals()[name](guests, Setup(backplane, board, guest_dir, folder))


os.environ["PATH"] += ":/usr/sbin:/sbin"
main(run, *sys.argv[1:5])
