/* SPDX-License-Identifier: Apache-2.0
 *
 * parts.h - the classes of bus-parts.so, each defined in the file of its name.
 */
#ifndef PARTS_H
#define PARTS_H

#include <backplane/device.h>

extern const struct bp_device_class at24_class;
extern const struct bp_device_class spi_nor_class;
extern const struct bp_device_class tmp102_class;

#endif
