/* SPDX-License-Identifier: Apache-2.0
 *
 * `backplane run`: read, build, load, run, and say how it ended.
 */
#include "core/cli/crash.h"
#include "core/cli/session.h"
#include "core/cli/stats.h"
#include "core/cli/table.h"
#include "core/cli/terminal.h"
#include "core/control/control.h"
#include "core/load/load.h"
#include "core/machine/dev.h"
#include "core/machine/lockstep.h"
#include "core/trace/trace.h"

#include <inttypes.h>
#include <signal.h>
#include <string.h>

#define SIGNAL_EXIT 128

/* In the order of BP_LOG_*. */
static const char *const levels[] = {"error", "warn", "guest", "info", "debug"};

#define NLEVELS (sizeof(levels) / sizeof(*levels))

/* What the patterns of an option mean can be said before there is a machine. */
static bool check_patterns(const char *option, const struct texts *texts)
{
    struct watches watches;
    char why[WATCH_WHY];

    if (!watches_read(&watches, texts->items, why)) {
        usage_error(command_find("run"), "--%s %s", option, why);
        return false;
    }
    watches_finish(&watches);
    return true;
}

/* A trace of nothing is worth a warning: an optional node may be left out. A break there means waiting for ever. */
static bool check_watches(const struct machine *m)
{
    const struct watch *trace = trace_pointless(m, &m->trace.traces);
    const struct watch *stop = trace_pointless(m, &m->trace.breaks);

    if (trace)
        usage_error(command_find("run"),
                    "--trace `%s`: nothing in this machine is called so: `backplane describe TYPE` "
                    "lists registers and events",
                    trace->text);
    if (stop)
        usage_error(command_find("run"),
                    "--break `%s`: nothing in this machine is called so: `backplane describe TYPE` "
                    "lists registers, fields and their values",
                    stop->text);
    return !stop;
}

static bool configure_trace(const struct arguments *args)
{
    uint32_t level = BP_LOG_INFO;
    char what[80];

    if (args->log) {
        for (level = 0; level < NLEVELS && strcmp(args->log, levels[level]); level++)
            ;
        if (level == NLEVELS) {
            snprintf(what, sizeof(what), "--log %s: no such level", args->log);
            usage_unknown(command_find("run"), what, diag_nearest(args->log, levels, NLEVELS),
                          "there are error, warn, guest, info and debug");
            return false;
        }
    }
    trace_configure(stderr, level, args->traces.items);
    trace_configure_breaks(args->breaks.items);
    return check_patterns("trace", &args->traces) && check_patterns("break", &args->breaks);
}

static void print_stats(struct machine *m)
{
    struct machine_stats stats = {0};
    struct bp_accel_counter counter = {0};
    struct table t = {0};

    machine_get_stats(m, &stats);
    fprintf(stderr, "\nAccelerator %s, %" PRIu32 " vCPUs:\n", machine_accel_name(m),
            machine_cpus(m));
    stats_time(&t, "guest time", stats.virtual_ns);
    stats_time(&t, "host time", stats.host_ns);
    stats_time(&t, "to the first instruction", stats.first_insn_ns);
    for (uint32_t i = 0; machine_counter(m, i, &counter); i++)
        stats_count(&t, counter.name, counter.value, counter.doc);
    table_print(&t, 2, stderr);
}

static void print_hash_of(uint64_t hash, uint64_t ns)
{
    fprintf(stderr, "trace %016" PRIx64 ", %" PRIu64 ".%09" PRIu64 " s of guest time\n", hash,
            ns / UINT64_C(1000000000), ns % UINT64_C(1000000000));
}

/* Why it ended, where that is not what one expects, and the exit code. */
static int conclude(const struct machine_result *result)
{
    int number = result->signal ? result->signal : terminal_signal();

    switch (result->end) {
    case MACHINE_POWER_OFF:
        if (!result->code)
            return EXIT_OK;
        fprintf(stderr, "backplane: run: the guest powered off with status %" PRIu32 "\n",
                result->code);
        return EXIT_MACHINE;
    case MACHINE_FAILED:
        fputs("backplane: run: the machine ended with a failure", stderr);
        if (result->code)
            fprintf(stderr, " (status %" PRIu32 ")", result->code);
        fputc('\n', stderr);
        return EXIT_MACHINE;
    case MACHINE_QUIT:
        if (!number)
            return EXIT_OK;
        fprintf(stderr, "backplane: run: ended by %s\n", strsignal(number));
        return SIGNAL_EXIT + number;
    case MACHINE_BREAK:
        return EXIT_BREAK;
    case MACHINE_REFUSED: /* nothing forks here */
        return EXIT_MACHINE;
    }
    return EXIT_MACHINE;
}

static struct machine *make(void *ctx, uint32_t flags, struct diag *d)
{
    const struct session *s = ctx;
    struct machine *m = machine_create(s->graph, s->registry, flags, d);

    if (m && load_images(m, d) < 0) {
        machine_destroy(m);
        return NULL;
    }
    return m;
}

static int run_in_lockstep(struct session *s, const struct arguments *args)
{
    struct lockstep l = {.make = make, .ctx = s, .d = &s->diag, .out = stderr};
    struct lockstep_result result = lockstep_run(&l);

    session_report(s);
    if (!result.built)
        return EXIT_USAGE;
    if (result.differ)
        return EXIT_MACHINE;
    if (args->trace_hash)
        print_hash_of(result.hash, result.ns);
    return conclude(&result.machine);
}

/* Options that not every kind of run has. */
static bool check_kind(const struct session *s, const struct arguments *args)
{
    const struct {
        bool wrong;
        const char *why;
    } rows[] = {
        {args->trace_hash && s->graph->time != TIME_DETERMINISTIC,
         "--trace-hash: no two runs are the same in this time: add --time deterministic"},
        {args->control && s->graph->lockstep,
         "--control: two machines in lockstep cannot be steered: name one accelerator"},
        {args->breaks.count && s->graph->lockstep,
         "--break: two machines in lockstep run to the end: name one accelerator"},
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
        if (rows[i].wrong) {
            usage_error(command_find("run"), "%s", rows[i].why);
            return false;
        }
    return true;
}

int command_run(const struct arguments *args)
{
    struct session s;
    struct machine *m = NULL;
    struct machine_result result;
    char why[CONTROL_WHY];
    bool ran = false;
    int code = EXIT_USAGE;

    if (!configure_trace(args))
        return EXIT_USAGE;
    /* A reader that leaves a pipe is an error of the write, not the end of the process. */
    signal(SIGPIPE, SIG_IGN);
    terminal_guard();
    if (!session_init(&s, args) || !session_load(&s, args, args->positional.items[0], true))
        goto out;
    if (!check_kind(&s, args))
        goto out;
    if (s.graph->lockstep) {
        code = run_in_lockstep(&s, args);
        terminal_release();
        session_finish(&s);
        return code;
    }
    m = make(&s, 0, &s.diag);
    if (!m)
        goto out;
    if (args->trace_hash)
        machine_hash_trace(m);
    session_report(&s); /* warnings */
    if (!check_watches(m))
        goto out;
    if (args->control && !control_open(m, args->control, why)) {
        usage_error(command_find("run"), "--control %s", why);
        goto out;
    }
    terminal_watch(m);
    crash_watch(m, terminal_abandon);
    result = machine_run(m);
    crash_unwatch();
    ran = true;
    terminal_watch(NULL);
    if (args->trace_hash) {
        struct machine_stats stats = {0};

        machine_get_stats(m, &stats);
        print_hash_of(machine_trace_hash(m), stats.virtual_ns);
    }
    if (args->stats)
        print_stats(m);
out:
    machine_destroy(m);
    terminal_release();
    if (ran)
        code = conclude(&result);
    else
        session_report(&s);
    session_finish(&s);
    return code;
}
