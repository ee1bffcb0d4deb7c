/* SPDX-License-Identifier: Apache-2.0
 *
 * criterion.h - as much of Criterion as the tests of threads use, for builds with ThreadSanitizer: Criterion's own
 * runner maps memory where ThreadSanitizer keeps its shadow and does not start there. Each test runs in a process of its
 * own, as with Criterion; a report of the sanitizer makes that process fail, and with it the test.
 */
#ifndef TESTS_UNIT_TSAN_CRITERION_H
#define TESTS_UNIT_TSAN_CRITERION_H

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

struct tsan_suite {
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

static struct tsan_test *tsan_tests, **tsan_last = &tsan_tests;

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
        *tsan_last = &test;                                                                        \
        tsan_last = &test.next;                                                                    \
    }                                                                                              \
    static void SUITE##_##NAME(void)

#define TSAN_CHECK(CONDITION, ...)                                                                 \
    do {                                                                                           \
        if (!(CONDITION)) {                                                                        \
            fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #CONDITION);                        \
            _exit(1);                                                                              \
        }                                                                                          \
    } while (0)

#define cr_assert(c, ...)              TSAN_CHECK(c)
#define cr_assert_not(c, ...)          TSAN_CHECK(!(c))
#define cr_assert_eq(a, b, ...)        TSAN_CHECK((a) == (b))
#define cr_assert_lt(a, b, ...)        TSAN_CHECK((a) < (b))
#define cr_assert_leq(a, b, ...)       TSAN_CHECK((a) <= (b))
#define cr_assert_gt(a, b, ...)        TSAN_CHECK((a) > (b))
#define cr_assert_geq(a, b, ...)       TSAN_CHECK((a) >= (b))
#define cr_assert_null(p, ...)         TSAN_CHECK((p) == NULL)
#define cr_assert_not_null(p, ...)     TSAN_CHECK((p) != NULL)
#define cr_assert_str_eq(a, b, ...)    TSAN_CHECK(!strcmp(a, b))
#define cr_assert_arr_eq(a, b, n, ...) TSAN_CHECK(!memcmp(a, b, n))
#define cr_assert_fail(...)            TSAN_CHECK(!"reached")

/* In a child: what the test returns from, its suite's fini() and the sanitizer's own exit code count. */
static int tsan_child(const struct tsan_test *test)
{
    double seconds = test->timeout ? test->timeout : test->of->timeout;

    alarm(seconds ? (unsigned)seconds : 60);
    test->run();
    if (test->of->fini)
        test->of->fini();
    return 0;
}

int main(void)
{
    int failures = 0, status;

    for (struct tsan_test *test = tsan_tests; test; test = test->next) {
        pid_t child;

        fflush(NULL);
        child = fork();
        if (!child)
            exit(tsan_child(test));
        if (child < 0 || waitpid(child, &status, 0) < 0 || status) {
            printf("[FAIL] %s::%s\n", test->suite, test->name);
            failures++;
        }
    }
    return failures != 0;
}

#endif
