/* SPDX-License-Identifier: Apache-2.0
 *
 * spi-nor.h - the serial flash as its driver sees it: opcodes, addresses, and waiting until it is done.
 */
#ifndef TESTS_DEVICE_SPI_NOR_H
#define TESTS_DEVICE_SPI_NOR_H

#include "device.h"
#include "th_spi.h"

#include <backplane/util/bytes.h>

#define MS 1000000ull

static inline struct th *opened(const char *model)
{
    struct th *t = open_device("bus-parts", "spi-nor");

    th_set(t, "model", model);
    th_seat(t, "spi", 0, 1, NULL, NULL);
    return t;
}

static inline struct th *started(const char *model)
{
    struct th *t = opened(model);

    start_device(t);
    return t;
}

static inline void command(struct th *t, uint8_t opcode)
{
    th_spi_command(t, &opcode, 1, NULL, 0);
}

static inline uint32_t status(struct th *t, uint8_t opcode)
{
    uint8_t value;

    th_spi_command(t, &opcode, 1, &value, 1);
    return value;
}

/* Opcode and three bytes of address, then data. */
static inline void with_address(struct th *t, uint8_t opcode, uint32_t at, const void *data,
                                uint32_t bytes)
{
    uint8_t message[600] = {opcode, (uint8_t)(at >> 16), (uint8_t)(at >> 8), (uint8_t)at};

    if (bytes)
        memcpy(message + 4, data, bytes);
    th_spi_command(t, message, 4 + bytes, NULL, 0);
}

static inline void enabled(struct th *t, uint8_t opcode, uint32_t at, const void *data,
                           uint32_t bytes)
{
    command(t, 0x06);
    with_address(t, opcode, at, data, bytes);
}

static inline uint32_t get(struct th *t, uint32_t at)
{
    const uint8_t message[] = {0x03, (uint8_t)(at >> 16), (uint8_t)(at >> 8), (uint8_t)at};
    uint8_t value;

    th_spi_command(t, message, 4, &value, 1);
    return value;
}

static inline void put(struct th *t, uint32_t at, const void *data, uint32_t bytes)
{
    enabled(t, 0x02, at, data, bytes);
    th_advance(t, MS);
}

/* Writes status registers 1 and 2 and waits. */
static inline void set_status(struct th *t, uint8_t sr1, uint8_t sr2)
{
    const uint8_t message[] = {0x01, sr1, sr2};

    command(t, 0x06);
    th_spi_command(t, message, 3, NULL, 0);
    th_advance(t, 10 * MS);
}

#endif
