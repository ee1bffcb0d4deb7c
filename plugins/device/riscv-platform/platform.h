/* SPDX-License-Identifier: Apache-2.0
 *
 * platform.h - the device classes of riscv-platform.so, and limits they share.
 */
#ifndef RISCV_PLATFORM_H
#define RISCV_PLATFORM_H

#include <backplane/device.h>
#include <backplane/fdt.h>
#include <backplane/util/bytes.h>
#include <backplane/util/ifaces.h>

#define PLATFORM_HARTS 64u

extern const struct bp_device_class aclint_class, plic_class, htif_class, test_finisher_class;

#endif
