/* SPDX-License-Identifier: Apache-2.0
 *
 * contract.c - plug-ins that break the contract in a running machine: told by name, refused, and
 * stopped where the machine cannot go on.
 */
#include "fake.h"

#include <pthread.h>

#include "core/machine/contract.h"

#define RAM 0x80000000ull

static struct rig r;
static struct graph_node *node;
static struct pad *pad;
static char *said;
static size_t said_bytes;
static FILE *out;

static void board(void)
{
    out = open_memstream(&said, &said_bytes);
    trace_configure(out, BP_LOG_WARN, NULL);
    rig_init(&r);
    node = rig_device(&r, "pad", &pad_class, PAD, 0x1000);
    rig_accel(&r, &fake_accel_class);
    rig_must_build(&r, 0);
    pad = rig_self(&r, node);
}

static bool says(const char *text)
{
    fflush(out);
    return strstr(said, text) != NULL;
}

static void fini(void)
{
    rig_finish(&r);
    trace_configure(NULL, BP_LOG_WARN, NULL);
    fclose(out);
    free(said);
}

TestSuite(contract, .fini = fini, .timeout = 60 * BP_PATIENCE);

/* --- wrong thread -------------------------------------------------------------------- */

static void (*misuse)(void);

static void *on_thread(void *arg)
{
    (void)arg;
    misuse();
    return NULL;
}

static void drive(void)
{
    pad->lines->set(pad->out, 0, 1);
}

static void arm(void)
{
    pad->timers->arm(pad->timer[0], 1);
}

static void print(void)
{
    cr_expect_eq(pad->chars->write(pad->chardev, "x", 1), 0);
}

static void submit(void)
{
    cr_expect_eq(pad->blocks->submit(pad->drive, BP_BLOCK_FLUSH, 0, 0, NULL, 0, 1), BP_E_STATE);
}

Test(contract, calls_from_other_threads_have_no_effect_and_stop_the_machine)
{
    static const struct {
        void (*misuse)(void);
        const char *function;
    } rows[] = {{drive, "set() of bp.line/1"},
                {arm, "arm() of bp.timer/1"},
                {print, "write() of bp.char/1"},
                {submit, "submit() of bp.block/1"}};
    char text[120];

    board();
    r.m->phase = PHASE_RUN;
    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
        pthread_t thread;

        atomic_store(&r.m->request, 0);
        misuse = rows[i].misuse;
        cr_assert_eq(pthread_create(&thread, NULL, on_thread, NULL), 0);
        pthread_join(thread, NULL);
        cr_expect_eq(atomic_load(&r.m->request), REQUEST_FAIL, "%s", rows[i].function);
        snprintf(text, sizeof(text), "plug-in core, type %s: %s: called outside of machine context",
                 node->type->name, rows[i].function);
        cr_expect(says(text), "%s is not in: %s", text, said);
    }
    cr_expect_eq(pad->lines->get(pad->out, 0), 0);
    cr_expect_eq(pad->timer[0]->slot, 0u);
}

static void *drive_soon(void *arg)
{
    (void)arg;
    while (!r.m || r.m->phase != PHASE_RUN)
        usleep(1000);
    drive();
    return NULL;
}

Test(contract, a_machine_that_cannot_go_on_ends_as_failed)
{
    struct machine_result result;
    pthread_t thread;

    board();
    cr_assert_eq(pthread_create(&thread, NULL, drive_soon, NULL), 0);
    result = machine_run(r.m);
    pthread_join(thread, NULL);
    cr_expect_eq(result.end, MACHINE_FAILED);
    cr_expect(says("the machine stops"));
}

Test(contract, the_thread_that_holds_the_machine_may)
{
    board();
    r.m->phase = PHASE_RUN;
    lock_take(&r.m->lock);
    drive();
    arm();
    lock_drop(&r.m->lock);
    cr_expect_eq(pad->lines->get(pad->out, 0), 1);
    cr_expect_eq(atomic_load(&r.m->request), 0u);
    cr_expect_not(says("outside of machine context"));
    r.m->phase = PHASE_READY;
}

/* --- wrong values: the machine goes on ----------------------------------------------- */

Test(contract, lines_that_do_not_exist)
{
    board();
    pad->lines->set(pad->out, PAD_LINES, 1);
    cr_expect(says("set() of bp.line/1: drives a line that its port does not have"), "%s", said);
    cr_expect_eq(atomic_load(&r.m->request), 0u);
}

Test(contract, timers_after_init)
{
    board();
    cr_expect_null(pad->timers->create(pad->dev, "late", NULL));
    cr_expect(says("create() of bp.timer/1: called after init()"), "%s", said);
}

Test(contract, power_actions_that_do_not_exist)
{
    board();
    pad->machine->power(pad->dev, 17, 0);
    cr_expect(says("power() of bp.machine/1: an action that does not exist"), "%s", said);
    cr_expect_eq(atomic_load(&r.m->request), 0u);
}

Test(contract, statuses_that_do_not_exist)
{
    board();
    cr_expect_eq(contract_status(pad->dev, "read()", BP_E_FULL), BP_E_FULL);
    cr_expect_not(says("returned"));
    cr_expect_eq(contract_status(pad->dev, "read()", -22), BP_E_IO);
    cr_expect(says("read(): returned -22: return BP_OK or a BP_E_* of abi.h"), "%s", said);
    cr_expect_eq(contract_status(pad->dev, "read()", 1), BP_OK);
    cr_expect(says("returned 1:"), "%s", said);
}
