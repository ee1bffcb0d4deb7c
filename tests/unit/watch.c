/* SPDX-License-Identifier: Apache-2.0
 *
 * What --trace and --break name: patterns read, and accesses compared with them.
 */
#include "core/trace/watch.h"

#include <criterion/criterion.h>
#include <string.h>

static const struct bp_reg_value sizes[] = {{"five", 0}, {"eight", 3}, {"1", 2}, {NULL, 0}};
static const struct bp_reg_field fields[] = {
    {.name = "SIZE", .lsb = 0, .width = 2, .values = sizes},
    {.name = "ON", .lsb = 7, .width = 1},
    {.name = NULL},
};
static const struct bp_reg lcr = {.width = 1, .name = "LCR", .fields = fields};
static const struct bp_reg claim = {.width = 4, .name = "CLAIM", .count = 4};

Test(watch, accesses)
{
    static const struct {
        const char *pattern;
        const struct bp_reg *row;
        uint32_t element;
        uint64_t value;
        bool write, matches;
    } cases[] = {
        {"dev", &lcr, 0, 1, true, true},
        {"DEV", &lcr, 0, 1, true, true},
        {"dev2", &lcr, 0, 1, true, false},
        {"*", &lcr, 0, 1, false, true},
        {"d?v.l*", &lcr, 0, 1, false, true},
        {"dev.lcr", &claim, 0, 1, false, false},
        {"dev.claim", &claim, 3, 1, false, true},
        {"dev.claim3", &claim, 3, 1, false, true},
        {"dev.claim3", &claim, 2, 1, false, false},
        {"dev.lcr0", &lcr, 0, 1, false, false},
        {"dev.lcr:r", &lcr, 0, 1, false, true},
        {"dev.lcr:r", &lcr, 0, 1, true, false},
        {"dev.lcr:w", &lcr, 0, 1, true, true},
        {"dev.lcr:rw", &lcr, 0, 1, true, true},
        {"dev.lcr==0x10", &lcr, 0, 16, true, true},
        {"dev.lcr == 16", &lcr, 0, 16, true, true},
        {"dev.lcr==16", &lcr, 0, 17, true, false},
        {"dev.lcr!=16", &lcr, 0, 17, true, true},
        {"dev.lcr<16", &lcr, 0, 15, true, true},
        {"dev.lcr<16", &lcr, 0, 16, true, false},
        {"dev.lcr<=16", &lcr, 0, 16, true, true},
        {"dev.lcr>16", &lcr, 0, 16, true, false},
        {"dev.lcr>=16", &lcr, 0, 16, true, true},
        {"dev.lcr&0x18", &lcr, 0, 8, true, true},
        {"dev.lcr&0x18", &lcr, 0, 7, true, false},
        {"dev.lcr:w==1", &lcr, 0, 1, true, true},
        {"dev.lcr:w==1", &lcr, 0, 1, false, false},
        {"dev.lcr==0xffffffffffffffff", &lcr, 0, UINT64_MAX, true, true},
        {"dev.lcr.on", &lcr, 0, 0, true, true},
        {"dev.lcr.on==1", &lcr, 0, 0x80, true, true},
        {"dev.lcr.on==1", &lcr, 0, 0x7f, true, false},
        {"dev.lcr.size==3", &lcr, 0, 0x83, true, true},
        {"dev.lcr.size==eight", &lcr, 0, 0x83, true, true},
        {"dev.lcr.size==EIGHT", &lcr, 0, 0x83, true, true},
        {"dev.lcr.size==five", &lcr, 0, 0x83, true, false},
        {"dev.lcr.size!=five", &lcr, 0, 0x83, true, true},
        {"dev.lcr.size!=eight", &lcr, 0, 0x83, true, false},
        {"dev.lcr.size==six", &lcr, 0, 0x82, true, false},
        {"dev.lcr.size==1", &lcr, 0, 0x82, true,
         true}, /* a name that looks like a number is a name */
        {"dev.lcr.size==1", &lcr, 0, 0x81, true, false},
        {"dev.lcr.size<eight", &lcr, 0, 0x82, true, true},
        {"dev.lcr.size<eight", &lcr, 0, 0x83, true, false},
        {"dev.lcr.off", &lcr, 0, 0, true, false},
        {"dev.claim.size", &claim, 0, 0, true, false},
        {"dev.lcr.*==3", &lcr, 0, 0x83, true, true},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        const char *texts[] = {cases[i].pattern, NULL};
        struct watches watches;
        char why[WATCH_WHY];

        cr_assert(watches_read(&watches, texts, why), "%s: %s", cases[i].pattern, why);
        cr_assert_eq(watches.count, 1);
        cr_expect_eq(watch_register(&watches.items[0], "dev", cases[i].row, cases[i].element,
                                    cases[i].value, cases[i].write),
                     cases[i].matches, "case %zu: %s", i, cases[i].pattern);
        watches_finish(&watches);
    }
}

Test(watch, values_of_regions)
{
    const char *texts[] = {"dev.reg:w==5", "dev", "dev.reg.x", NULL};
    struct watches watches;
    char why[WATCH_WHY];

    cr_assert(watches_read(&watches, texts, why), "%s", why);
    cr_expect(watch_value(&watches.items[0], "dev", "reg", 5, true));
    cr_expect_not(watch_value(&watches.items[0], "dev", "reg", 5, false));
    cr_expect_not(watch_value(&watches.items[0], "dev", "reg", 4, true));
    cr_expect_not(watch_value(&watches.items[0], "dev", "csr", 5, true));
    cr_expect(watch_value(&watches.items[1], "dev", "reg", 4, false));
    cr_expect_not(watch_value(&watches.items[2], "dev", "reg", 4, false), "a region has no fields");
    watches_finish(&watches);
}

Test(watch, wrong_ones_keep_nothing)
{
    static const char *const wrong[] = {
        "",        ".x",       "x.",      "x.y.",     "x:q",    "x==", "x==y",
        "x.y==-1", "x.y<name", "x.y.z==", "x.y==1kg", "x.y&&1", "==",  "x.y==99999999999999999999"};

    for (size_t i = 0; i < sizeof(wrong) / sizeof(*wrong); i++) {
        const char *texts[] = {"fine.FINE", wrong[i], NULL};
        struct watches watches;
        char why[WATCH_WHY] = "";

        cr_expect_not(watches_read(&watches, texts, why), "%s", wrong[i]);
        cr_expect(strchr(why, '`'), "%s: %s", wrong[i], why);
        cr_expect_null(watches.items);
        watches_finish(&watches);
    }
}
