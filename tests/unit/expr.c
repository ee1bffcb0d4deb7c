/* SPDX-License-Identifier: Apache-2.0 */
#include "core/machine/expr.h"

#include <criterion/criterion.h>
#include <string.h>

#define COUNT(a) (sizeof(a) / sizeof(*(a)))

static struct arena arena;
static jmp_buf escape;

static const struct expr_var vars[] = {
    {"harts", {.type = EXPR_INT, .number = 4}, false},
    {"zero", {.type = EXPR_INT, .number = 0}, false},
    {"memory", {.type = EXPR_SIZE, .number = 512 << 20}, false},
    {"clock", {.type = EXPR_FREQ, .number = 24000000}, false},
    {"on", {.type = EXPR_BOOL, .number = 1}, false},
    {"mode", {.type = EXPR_STRING, .text = "fast"}, false},
    {"lost", {.type = EXPR_INT}, true},
};
static const struct expr_scope outer = {.vars = vars, .count = COUNT(vars)};
static const struct expr_var index_var = {"i", {.type = EXPR_INT, .number = 3}, false};
static const struct expr_scope scope = {.vars = &index_var, .count = 1, .outer = &outer};

static void begin(void)
{
    arena_init(&arena, 0, &escape);
}

static void end(void)
{
    arena_finish(&arena);
}

TestSuite(expr, .init = begin, .fini = end);

static enum expr_status expand(const char *text, const char **out, char why[EXPR_WHY])
{
    if (setjmp(escape))
        cr_assert_fail("no memory");
    return expr_expand(&arena, text, &scope, out, why);
}

Test(expr, computes)
{
    const struct {
        const char *text, *value;
    } rows[] = {
        {"${1 + 2 * 3}", "7"},
        {"${(1 + 2) * 3}", "9"},
        {"${10 - 4 - 3}", "3"},
        {"${7 / 2} ${-7 / 2} ${7 % 4}", "3 -3 3"},
        {"${1 << 4 | 1}", "17"},
        {"${0xff & ~0x0f}", "240"},
        {"${6 ^ 3}", "5"},
        {"${~0}", "18446744073709551615"},
        {"${-8 >> 1}", "-4"},
        {"${1 << 63}", "9223372036854775808"},
        {"${0xffffffffffffffff}", "18446744073709551615"},
        {"${harts - 1}", "3"},
        {"0..${harts - 1}", "0..3"},
        {"hart${i}", "hart3"},
        {"${i < harts && on}", "true"},
        {"${!on || i >= 4}", "false"},
        {"${harts == 4 ? 'four' : 'other'}", "four"},
        {"${on ? i ? 1 : 2 : 3}", "1"},
        {"${mode == \"fast\"}", "true"},
        {"${mode != 'slow'}", "true"},
        {"${mode}", "fast"},
        {"${zero ? 100 / zero : 5}", "5"},
        {"${zero == 0 || 100 / zero > 1}", "true"},
        {"${zero != 0 && 100 / zero > 1}", "false"},
        {"${memory}", "512MiB"},
        {"${memory / 2}", "256MiB"},
        {"${memory / 1MiB}", "512"},
        {"${memory - 1KiB}", "524287KiB"},
        {"${4 * 1.5KiB}", "6KiB"},
        {"${0x10001000 + i * 4KiB}", "268451840"},
        {"${memory > 256MiB}", "true"},
        {"${clock / 32}", "750kHz"},
        {"${2 * 10us}", "20us"},
        {"${memory & ~0xfff}", "512MiB"},
        {"${+5}${- -5}", "55"},
        {"$${harts}", "${harts}"},
        {"a$b${i}$", "a$b3$"},
        {"${'}'}", "}"},
        {"no expression", "no expression"},
        {"${-9223372036854775808}", "-9223372036854775808"},
    };

    for (size_t i = 0; i < COUNT(rows); i++) {
        char why[EXPR_WHY] = "";
        const char *out;

        cr_expect_eq(expand(rows[i].text, &out, why), EXPR_OK, "%s: %s", rows[i].text, why);
        if (!*why)
            cr_expect_str_eq(out, rows[i].value);
    }
}

Test(expr, explains_what_is_wrong)
{
    const struct {
        const char *text, *why;
    } rows[] = {
        {"${1 / 0}", "division by zero: guard it, as in ${n ? x / n : 0}"},
        {"${1 % zero}", "division by zero: guard it, as in ${n ? x / n : 0}"},
        {"${0xffffffffffffffff + 1}", "`+` overflows 64 bits: use smaller numbers"},
        {"${0xffffffffffffffff * 0xffffffffffffffff}",
         "`*` overflows 64 bits: use smaller numbers"},
        {"${1 << 64}", "shift by more than 63 bits: use 0 to 63"},
        {"${1 << -1}", "shift by fewer than 0 bits: use 0 to 63"},
        {"${2 << 63}", "`<<` overflows 64 bits: use smaller numbers"},
        {"${-0xffffffffffffffff}", "`-` overflows 64 bits: use smaller numbers"},
        {"${0x10000000000000000}",
         "`0x10000000000000000` does not fit in 64 bits: write a smaller number"},
        {"${hart}", "no parameter `hart`; did you mean harts?"},
        {"${nothing_like_it}", "no parameter `nothing_like_it`: declare it under `params:`"},
        {"${on ? 1 : hart}", "no parameter `hart`; did you mean harts?"},
        {"${1 +}", "ends where a value should follow: complete it"},
        {"${}", "ends where a value should follow: complete it"},
        {"${(1}", "`(` has no `)`: close it"},
        {"${1 2}", "`2` is too much: an operator is missing before it"},
        {"${1 ? 2}", "`?` has no `:`: write ${condition ? one : other}"},
        {"${@}", "`@` is not a value: write a number, a parameter or ("},
        {"${'open}", "`${` has no `}`: close it, or write $${ for the characters themselves"},
        {"${1", "`${` has no `}`: close it, or write $${ for the characters themselves"},
        {"${memory + clock}",
         "`+` does not go between a size and a frequency: make both the same kind"},
        {"${memory * memory}",
         "`*` does not go between a size and a size: make both the same kind"},
        {"${memory > 5}", "`>` does not go between a size and a number: make both the same kind"},
        {"${1 - memory - clock}",
         "`-` does not go between a number and a frequency: make both the same kind"},
        {"${memory - 5 == 1 && clock - 5}",
         "`-` does not go between a size and a number: make both the same kind"},
        {"${mode + 1}", "`+` does not go between a text and a number: make both the same kind"},
        {"${mode < 'x'}", "`<` does not go between a text and a text: make both the same kind"},
        {"${1 && on}", "`&&` does not go behind a number: use it with true or false"},
        {"${on && 1}",
         "`&&` does not go between true or false and a number: make both the same kind"},
        {"${!1}", "`!` does not go before a number: use it with true or false"},
        {"${-on}", "`-` does not go before true or false: use it with a number"},
        {"${mode ? 1 : 2}", "`?` does not go behind a text: use a condition"},
        {"${12parsecs}", "`12parsecs` is not a number: write 12, 0xc, or one with a unit such as "
                         "64KiB, 24MHz, 10us"},
        {"${1.2.3MiB}", "`1.2.3MiB` is not a number: write 12, 0xc, or one with a unit such as "
                        "64KiB, 24MHz, 10us"},
    };

    for (size_t i = 0; i < COUNT(rows); i++) {
        char why[EXPR_WHY] = "";
        const char *out;

        cr_expect_eq(expand(rows[i].text, &out, why), EXPR_FAILED, "%s", rows[i].text);
        cr_expect_str_eq(why, rows[i].why);
    }
}

Test(expr, says_nothing_more_about_broken_parameters)
{
    char why[EXPR_WHY] = "";
    const char *out;

    cr_expect_eq(expand("${lost + 1}", &out, why), EXPR_BROKEN);
    cr_expect_str_eq(why, "");
}

Test(expr, limits_depth)
{
    char text[4096] = "${", why[EXPR_WHY];
    const char *out;
    const char *const openings[] = {"(", "-", "!", "~", "on?", "on?on?("};

    for (size_t i = 0; i < COUNT(openings); i++) {
        strcpy(text, "${");
        for (int k = 0; k < 400; k++)
            strcat(text, openings[i]);
        strcat(text, "1}");
        cr_expect_eq(expand(text, &out, why), EXPR_FAILED);
        cr_expect_str_eq(why, "more than 64 levels deep: split it into parameters");
    }
}

Test(expr, limits_the_length_of_texts)
{
    static char text[EXPR_MAX_TEXT + 100];
    char why[EXPR_WHY];
    const char *out;

    memset(text, 'x', sizeof(text) - 1);
    memcpy(text, "${i}", 4);
    cr_expect_eq(expand(text, &out, why), EXPR_FAILED);
    cr_expect_str_eq(why, "becomes longer than 65536 bytes: shorten it");
}
