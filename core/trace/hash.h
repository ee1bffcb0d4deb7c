/* SPDX-License-Identifier: Apache-2.0
 *
 * hash.h - one number for all that a run did: two runs with the same one did the same.
 *
 * What goes into it, each with the slot at which it happened (core/cpu/schedule.h): accesses to
 * devices, levels of lines into CPUs, timers, output, requests to disks, the general registers of
 * each vCPU at the end of its quantum; and in the end all registers. [main], in deterministic time
 * only.
 */
#ifndef CORE_TRACE_HASH_H
#define CORE_TRACE_HASH_H

#include <backplane/mmio.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct bp_dev;
struct machine;
struct vcpu;

struct hash {
    bool on;
    uint64_t value;
};

void hash_start(struct machine *m);
/* All registers of all CPUs, and then the number. */
uint64_t hash_finish(struct machine *m);

void hash_access(struct machine *m, uint32_t initiator, uint64_t pa, uint32_t width, uint64_t value,
                 int32_t status, bool write);
void hash_line(struct bp_dev *dev, uint32_t port, uint32_t index, uint32_t level);
void hash_timer(struct bp_dev *dev, uint64_t deadline);
void hash_output(struct bp_dev *dev, const void *data, size_t bytes);
void hash_request(struct bp_dev *dev, uint32_t op, uint64_t offset, uint64_t bytes);
/* A register as a debugger is shown it; `reg` is its row. */
uint64_t hash_register(const struct vcpu *v, uint32_t reg);
void hash_vcpu(struct machine *m, const struct vcpu *v);

#endif
