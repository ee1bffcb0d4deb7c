/* SPDX-License-Identifier: Apache-2.0
 *
 * criterion.h - as much of Criterion as the tests of threads use, for builds with ThreadSanitizer: Criterion's own
 * runner maps memory where ThreadSanitizer keeps its shadow and does not start there. (criterion.c)
 */
#ifndef TESTS_TSAN_CRITERION_H
#define TESTS_TSAN_CRITERION_H

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct tsan_suite {
    void (*init)(void);
    void (*fini)(void);
    double timeout;
};

struct tsan_test {
    const char *suite, *name;
    void (*run)(void);
    double timeout;
    const struct tsan_suite *of;
    struct tsan_test *next;
};

/* Before main(). */
void tsan_add(struct tsan_test *test);

#define TestSuite(SUITE, ...) static const struct tsan_suite tsan_suite_##SUITE = {__VA_ARGS__}

#define Test(SUITE, NAME, ...)                                                                     \
    static void SUITE##_##NAME(void);                                                              \
    static const struct tsan_suite tsan_suite_##SUITE;                                             \
    __attribute__((constructor)) static void tsan_add_##SUITE##_##NAME(void)                       \
    {                                                                                              \
        static struct tsan_test test = {.suite = #SUITE,                                           \
                                        .name = #NAME,                                             \
                                        .run = SUITE##_##NAME,                                     \
                                        .of = &tsan_suite_##SUITE,                                 \
                                        ##__VA_ARGS__};                                            \
        tsan_add(&test);                                                                           \
    }                                                                                              \
    static void SUITE##_##NAME(void)

extern int tsan_failed;

/* An assertion ends the test, an expectation only spoils it. */
#define TSAN_ASSERT(CONDITION) TSAN_CHECK(CONDITION, _exit(1))
#define TSAN_EXPECT(CONDITION) TSAN_CHECK(CONDITION, tsan_failed = 1)
#define TSAN_CHECK(CONDITION, CONSEQUENCE)                                                         \
    do {                                                                                           \
        if (!(CONDITION)) {                                                                        \
            fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #CONDITION);                        \
            CONSEQUENCE;                                                                           \
        }                                                                                          \
    } while (0)

#define cr_assert(c, ...)              TSAN_ASSERT(c)
#define cr_assert_not(c, ...)          TSAN_ASSERT(!(c))
#define cr_assert_eq(a, b, ...)        TSAN_ASSERT((a) == (b))
#define cr_assert_neq(a, b, ...)       TSAN_ASSERT((a) != (b))
#define cr_assert_lt(a, b, ...)        TSAN_ASSERT((a) < (b))
#define cr_assert_leq(a, b, ...)       TSAN_ASSERT((a) <= (b))
#define cr_assert_gt(a, b, ...)        TSAN_ASSERT((a) > (b))
#define cr_assert_geq(a, b, ...)       TSAN_ASSERT((a) >= (b))
#define cr_assert_null(p, ...)         TSAN_ASSERT((p) == NULL)
#define cr_assert_not_null(p, ...)     TSAN_ASSERT((p) != NULL)
#define cr_assert_str_eq(a, b, ...)    TSAN_ASSERT(!strcmp(a, b))
#define cr_assert_arr_eq(a, b, n, ...) TSAN_ASSERT(!memcmp(a, b, n))
#define cr_assert_fail(...)            TSAN_ASSERT(!"reached")
#define cr_expect(c, ...)              TSAN_EXPECT(c)
#define cr_expect_not(c, ...)          TSAN_EXPECT(!(c))
#define cr_expect_eq(a, b, ...)        TSAN_EXPECT((a) == (b))
#define cr_expect_neq(a, b, ...)       TSAN_EXPECT((a) != (b))
#define cr_expect_geq(a, b, ...)       TSAN_EXPECT((a) >= (b))
#define cr_expect_null(p, ...)         TSAN_EXPECT((p) == NULL)
#define cr_expect_not_null(p, ...)     TSAN_EXPECT((p) != NULL)
#define cr_expect_str_eq(a, b, ...)    TSAN_EXPECT(!strcmp(a, b))

#endif
