/* SPDX-License-Identifier: Apache-2.0
 *
 * Runs the tests of a program, one after the other. Each is a process of its own, as with Criterion; a report of the
 * sanitizer makes that process fail, and with it the test.
 */
#include "criterion/criterion.h"

#include <sys/wait.h>

int tsan_failed;
static struct tsan_test *first, **last = &first;

void tsan_add(struct tsan_test *test)
{
    *last = test;
    last = &test->next;
}

/* In a child: a failed check, what the suite's fini() finds and the sanitizer's own exit code count. */
static int run_child(const struct tsan_test *test)
{
    double seconds = test->timeout ? test->timeout : test->of->timeout;

    alarm(seconds ? (unsigned)seconds : 60 * BP_PATIENCE);
    if (test->of->init)
        test->of->init();
    test->run();
    if (test->of->fini)
        test->of->fini();
    return tsan_failed;
}

int main(void)
{
    int tested = 0, failing = 0, status;

    for (const struct tsan_test *test = first; test; test = test->next) {
        pid_t child;

        tested++;
        fflush(NULL);
        child = fork();
        if (!child)
            exit(run_child(test));
        if (child < 0 || waitpid(child, &status, 0) < 0 || status) {
            printf("[FAIL] %s::%s\n", test->suite, test->name);
            failing++;
        }
    }
    printf("[====] Tested: %d | Failing: %d\n", tested, failing);
    return !tested || failing;
}
