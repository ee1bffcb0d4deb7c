/* SPDX-License-Identifier: Apache-2.0
 *
 * load.h - images into guest memory: ELF32/64, RISC-V Linux Image (plain or gzip), flat binaries, initrd, and the
 * generated device tree behind them. [main], after machine_create(), before machine_run().
 *
 * Places come from the board's `boot:`; an ELF goes where its program headers say. The order of addresses in RAM,
 * for what the board does not place: kernel, then initrd, device tree and the CPU's boot blob, each aligned (2 MiB, 4 KiB,
 * 8 bytes), as high in the RAM below 4 GiB as fits without overlap.
 */
#ifndef CORE_LOAD_LOAD_H
#define CORE_LOAD_LOAD_H

#include "core/machine/machine.h"

/* Loads every image of the machine's graph and sets the boot information. Errors name the file and the cause. */
int32_t load_images(struct machine *m, struct diag *d);

#endif
