/* SPDX-License-Identifier: Apache-2.0
 *
 * types.h - between the files of the core's own node types.
 */
#ifndef CORE_MACHINE_TYPES_H
#define CORE_MACHINE_TYPES_H

#include <backplane/device.h>

extern const struct bp_device_class core_stub_class;
extern const struct bp_device_class *const core_device_classes[];

#endif
