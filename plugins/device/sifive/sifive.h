/* SPDX-License-Identifier: Apache-2.0
 *
 * sifive.h - the classes of sifive.so, each defined in the file of its name.
 */
#ifndef SIFIVE_H
#define SIFIVE_H

#include <backplane/device.h>

extern const struct bp_device_class gpio_class;
extern const struct bp_device_class i2c_class;
extern const struct bp_device_class pdma_class;
extern const struct bp_device_class pwm_class;
extern const struct bp_device_class qspi_class;
extern const struct bp_device_class spi_class;
extern const struct bp_device_class uart_class;
extern const struct bp_device_class wdt_class;

#endif
