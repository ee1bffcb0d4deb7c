/* SPDX-License-Identifier: Apache-2.0
 *
 * can-classes.h - the classes of can.so, each defined in the file of its name.
 */
#ifndef CAN_CLASSES_H
#define CAN_CLASSES_H

#include <backplane/device.h>

extern const struct bp_device_class can_bus_class;
extern const struct bp_device_class sja1000_class;

#endif
