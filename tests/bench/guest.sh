#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The initramfs' script: carries out what the host sends, line by line, until it sends "exit".
export PATH=/usr/bin:/bin
mount -t tmpfs none /tmp
stty -echo
echo "bench: ready"
while read -r command; do
    [ "$command" != exit ] || break
    eval "$command" </dev/null 2>&1
    echo "bench: status $?"
done
