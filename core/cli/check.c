/* SPDX-License-Identifier: Apache-2.0
 *
 * `backplane check`: all mistakes of some descriptions at once.
 */
#include "core/cli/session.h"

int command_check(const struct arguments *args)
{
    struct session s;
    bool ready = session_init(&s, args);
    size_t wrong = 0;

    for (size_t i = 0; ready && i < args->positional.count; i++) {
        const char *file = args->positional.items[i];

        if (!session_load(&s, args, file, false))
            wrong++;
        else if (!args->json)
            printf("%s: fine: %u nodes, %u lines\n", file, s.graph->nnodes, s.graph->nwires);
        graph_destroy(s.graph);
        s.graph = NULL;
    }
    if (args->json)
        diag_print_json(&s.diag, stdout);
    else
        session_report(&s);
    session_finish(&s);
    return ready && !wrong ? EXIT_OK : EXIT_USAGE;
}
