/* SPDX-License-Identifier: Apache-2.0
 *
 * The example of the device author's guide, tested the way the guide says: one device in three languages, which must
 * not differ in anything.
 */
#include "device.h"

#include <criterion/parameterized.h>

#define LANGUAGES 3

static const char *const plugins[LANGUAGES] = {"countdown", "countdown-cxx", "countdown-rust"};

static struct th *countdown(int language)
{
    char path[512];
    const char *why = "";
    struct th *t;

    snprintf(path, sizeof path, "%s/%s.so", BP_EXAMPLE_DIR, plugins[language]);
    t = th_open_why(path, "countdown", &why);
    cr_assert_not_null(t, "%s: %s", path, why);
    th_clock(t, "clock", 1000000);
    start_device(t);
    return t;
}

#define EACH_LANGUAGE(name)                                                                        \
    ParameterizedTestParameters(example, name)                                                     \
    {                                                                                              \
        static int all[LANGUAGES] = {0, 1, 2};                                                     \
                                                                                                   \
        return cr_make_param_array(int, all, LANGUAGES);                                           \
    }                                                                                              \
    ParameterizedTest(const int *language, example, name)

EACH_LANGUAGE(expires_once)
{
    struct th *t = countdown(*language);

    cr_expect_null(th_check_class(t->cls));
    th_write(t, 0, 0x4, 4, 100);
    th_write(t, 0, 0x0, 4, 3);
    th_advance(t, 40000);
    cr_expect_eq(th_read(t, 0, 0x8, 4), 60);
    cr_expect_eq(th_level(t, "irq", 0), 0);
    th_advance(t, 60000);
    cr_expect_eq(th_level(t, "irq", 0), 1);
    cr_expect_eq(th_read(t, 0, 0x0, 4), 2, "it has stopped");
    th_write(t, 0, 0xc, 4, 1);
    cr_expect_eq(th_level(t, "irq", 0), 0);
    th_advance(t, 1000000);
    cr_expect_eq(th_rises(t, "irq", 0), 1);
    close_device(t);
}

EACH_LANGUAGE(starts_again)
{
    struct th *t = countdown(*language);

    th_write(t, 0, 0x4, 4, 10);
    th_write(t, 0, 0x0, 4, 7);
    for (uint32_t i = 1; i <= 5; i++) {
        th_advance(t, 10000);
        cr_expect_eq(th_rises(t, "irq", 0), i);
        th_write(t, 0, 0xc, 4, 1);
    }
    th_write(t, 0, 0x0, 4, 0);
    th_advance(t, 100000);
    cr_expect_eq(th_rises(t, "irq", 0), 5);
    close_device(t);
}

EACH_LANGUAGE(gated_clock_never_expires)
{
    struct th *t = countdown(*language);

    th_clock(t, "clock", 0);
    th_write(t, 0, 0x0, 4, 3);
    th_advance(t, 1ull << 60);
    cr_expect_eq(th_level(t, "irq", 0), 0);
    close_device(t);
}

EACH_LANGUAGE(snapshot)
{
    struct th *a = countdown(*language), *b = countdown(*language);

    th_write(a, 0, 0x4, 4, 100);
    th_write(a, 0, 0x0, 4, 3);
    th_advance(a, 30000);
    cr_assert_eq(th_migrate(b, a), BP_OK);
    cr_expect_eq(th_read(b, 0, 0x8, 4), 70);
    th_advance(b, 70000);
    cr_expect_eq(th_level(b, "irq", 0), 1);
    close_device(a);
    close_device(b);
}

/* What a guest, a description and a snapshot see of a class is the same; only offsets into the instance are its own. */
EACH_LANGUAGE(description)
{
    struct th *c = countdown(0), *t = countdown(*language);
    const struct bp_region *one = c->cls->regions, *other = t->cls->regions;

    cr_assert_eq(other->nregs, one->nregs);
    cr_expect_eq(other->length, one->length);
    for (uint32_t i = 0; i < one->nregs; i++) {
        const struct bp_reg *a = &one->regs[i], *b = &other->regs[i];

        cr_expect_str_eq(b->name, a->name);
        cr_expect_str_eq(b->doc, a->doc);
        cr_expect(b->offset == a->offset && b->width == a->width && b->access == a->access &&
                      b->write_mask == a->write_mask && b->reset == a->reset,
                  "%s", a->name);
        cr_expect_eq(!b->fields, !a->fields);
        for (uint32_t f = 0; a->fields && b->fields && a->fields[f].name; f++)
            cr_expect_str_eq(b->fields[f].name, a->fields[f].name);
    }
    cr_assert_eq(t->cls->nports, c->cls->nports);
    for (uint32_t i = 0; i < c->cls->nports; i++) {
        const struct bp_port *a = &c->cls->ports[i], *b = &t->cls->ports[i];

        cr_expect_str_eq(b->name, a->name);
        cr_expect(b->kind == a->kind && b->dir == a->dir && b->flags == a->flags, "%s", a->name);
    }
    cr_assert_eq(t->cls->state->nfields, c->cls->state->nfields);
    for (uint32_t i = 0; i < c->cls->state->nfields; i++) {
        const struct bp_state_field *a = &c->cls->state->fields[i], *b = &t->cls->state->fields[i];

        cr_expect_str_eq(b->name, a->name);
        cr_expect(b->tag == a->tag && b->type == a->type, "%s", a->name);
        cr_expect_eq(b->count ? b->count : 1, a->count ? a->count : 1);
    }
    close_device(c);
    close_device(t);
}

/* The fake host itself notices what a device must not do. */
EACH_LANGUAGE(violations_are_counted)
{
    struct th *t = countdown(*language);
    struct bp_line *irq = th_line(t, "irq");

    cr_expect_eq(t->violations, 0);
    th_api_line_set(irq, 1, 1);
    cr_expect_eq(t->violations, 1);
    cr_expect(strstr(t->violation, "width"), "%s", t->violation);
    cr_expect_eq(th_close(t), 1);
}
