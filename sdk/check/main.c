/* SPDX-License-Identifier: Apache-2.0
 *
 * main.c - backplane-check: the conformance kit for plug-ins. docs/conformance.md is its manual.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "parent.h"

static int check_plugin(const struct options *options, int argc, char **argv)
{
    struct run run = {.options = options, .argc = argc, .argv = argv};
    int status = 0;

    if (access(options->plugin, R_OK)) {
        fprintf(stderr, "backplane-check: %s: %s\n", options->plugin, strerror(errno));
        return 2;
    }
    run_checks(&run);
    if (options->json)
        report_json(&run);
    else
        report_human(&run);
    if (options->junit && !report_junit(&run, options->junit))
        run.broken = true;
    status = run.broken ? 2 : run.nfindings ? 1 : 0;
    run_free(&run);
    return status;
}

int main(int argc, char **argv)
{
    struct options options;
    int status = 0;

    if (options_parse(&options, argc, argv, &status)) {
        /* said what there was to say */
    } else if (options.list) {
        report_list();
    } else if (options.child) {
        status = child_main(&options);
    } else {
        status = check_plugin(&options, argc, argv);
    }
    options_free(&options);
    return status;
}
