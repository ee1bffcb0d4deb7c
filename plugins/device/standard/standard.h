/* SPDX-License-Identifier: Apache-2.0
 *
 * standard.h - the classes of standard.so, each defined in the file of its name.
 */
#ifndef STANDARD_H
#define STANDARD_H

#include <backplane/device.h>

extern const struct bp_device_class ns16550_class;
extern const struct bp_device_class goldfish_rtc_class;
extern const struct bp_device_class syscon_class;
extern const struct bp_device_class cfi_flash_class;

#endif
