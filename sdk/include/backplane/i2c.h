/* SPDX-License-Identifier: Apache-2.0
 *
 * i2c.h - bp.i2c/1: parts on a two-wire bus, and the controllers that talk to them.
 *
 * A controller is a class with a bus row of kind BP_I2C_BUS, a part one with a seat of that kind (attach.h). What passes
 * is what the I2C-bus specification (NXP UM10204, section 3.1) calls conditions, bytes and acknowledge bits;
 * the controller keeps the time they take. Addresses have seven bits, without the R/W bit. util/i2c.h
 * does a controller's share of the work: finding who answers, and the wired AND of those who do.
 */
#ifndef BACKPLANE_I2C_H
#define BACKPLANE_I2C_H

#include <backplane/attach.h>

BP_BEGIN

#define BP_I2C_BUS "bp.i2c/1"

/* The addresses that parts may have; the others are reserved (UM10204, 3.1.12). */
#define BP_I2C_FIRST 0x08u
#define BP_I2C_LAST  0x77u

#define BP_I2C_GENERAL_CALL   0x00u
#define BP_I2C_ALERT_RESPONSE 0x0cu /* SMBus 3.1, appendix A.2 */

#define BP_I2C_ALL_ADDRESSES                                                                       \
    1u /* flag of a part: start() is called for every address, not only its own */

/* What a part offers to the controller. All [machine]. */
#define BP_I2C_TARGET_ID "bp.i2c-target/1"
struct bp_i2c_target {
    uint32_t size, flags;
    /* A start or repeated start with an address byte. 1: acknowledged, the transfer is this part's. */
    uint32_t (*start)(void *self, uint32_t address, uint32_t read);
    /* A byte from the controller. 1: acknowledged. */
    uint32_t (*write)(void *self, uint8_t data);
    /* A byte to the controller. */
    uint8_t (*read)(void *self);
    /* How the controller answered that byte; 0 ends the read. May be NULL. */
    void (*ack)(void *self, uint32_t acknowledged);
    /* A stop, or the start of a transfer that is not this part's; only after a start() it had acknowledged. */
    void (*stop)(void *self);
};

BP_END
#endif
