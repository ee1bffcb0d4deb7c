/* SPDX-License-Identifier: Apache-2.0
 *
 * device.h - what every device test begins and ends with.
 */
#ifndef TESTS_DEVICE_DEVICE_H
#define TESTS_DEVICE_DEVICE_H

#include "testhost.h"

#include <criterion/criterion.h>

/* The host for a type of one of the project's plug-ins; not started yet. */
static inline struct th *open_device(const char *plugin, const char *type)
{
    char path[512];
    const char *why = "";
    struct th *t;

    snprintf(path, sizeof path, "%s/%s.so", BP_PLUGIN_DIR, plugin);
    t = th_open_why(path, type, &why);
    cr_assert_not_null(t, "%s %s: %s", path, type, why);
    return t;
}

static inline void start_device(struct th *t)
{
    int32_t status = th_start(t);

    cr_assert_eq(status, BP_OK, "start: %d: %s: %s", status, t->error_property, t->error);
}

/* A device that breaks the contract fails its test, whatever the test is about. */
static inline void close_device(struct th *t)
{
    char text[200];
    uint32_t violations = t->violations;

    snprintf(text, sizeof text, "%s", t->violation);
    cr_expect_eq(violations, 0, "%s", text);
    cr_expect_eq(th_close(t), violations, "the device breaks the contract when it is finished");
}

/* Init is expected to refuse the properties, and to name one of them. */
static inline void expect_refused(struct th *t, const char *property)
{
    cr_expect_lt(th_start(t), 0, "the value of %s was accepted", property);
    cr_expect_str_eq(t->error_property, property);
    cr_expect_neq(t->error[0], 0);
    close_device(t);
}

#endif
