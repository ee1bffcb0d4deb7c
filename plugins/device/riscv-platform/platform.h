/* SPDX-License-Identifier: Apache-2.0
 *
 * platform.h - the classes of riscv-platform.so, each defined in the file of its name, and what they share.
 */
#ifndef PLATFORM_H
#define PLATFORM_H

#include <backplane/device.h>
#include <backplane/fdt.h>

extern const struct bp_device_class aclint_class;
extern const struct bp_device_class aclint_sswi_class;
extern const struct bp_device_class plic_class;
extern const struct bp_device_class htif_class;
extern const struct bp_device_class test_finisher_class;

/* Interrupt numbers of a hart, as "riscv,cpu-intc" takes them (privileged specification, mcause). */
#define PLATFORM_IRQ_SSI 1u
#define PLATFORM_IRQ_MSI 3u
#define PLATFORM_IRQ_MTI 7u
#define PLATFORM_IRQ_SEI 9u
#define PLATFORM_IRQ_MEI 11u

/* Writes interrupts-extended: for each hart in turn a reference to its interrupt controller with each of `irqs`. */
int32_t platform_interrupts(const struct bp_fdt_writer *w, const struct bp_list *harts, const uint32_t *irqs,
                            uint32_t nirqs);

#endif
