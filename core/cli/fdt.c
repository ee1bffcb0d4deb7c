/* SPDX-License-Identifier: Apache-2.0
 *
 * `backplane fdt`: the generated device tree, as source or as a blob.
 */
#include "core/cli/session.h"
#include "core/fdt/devicetree.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static bool write_blob(const char *path, const uint8_t *fdt, uint32_t bytes)
{
    FILE *file = fopen(path, "wb");
    bool written = file && fwrite(fdt, 1, bytes, file) == bytes;

    if (file && fclose(file))
        written = false;
    if (!written)
        fprintf(stderr, "backplane: fdt: %s: %s: choose a path that can be written\n", path,
                strerror(errno));
    return written;
}

int command_fdt(const struct arguments *args)
{
    struct session s;
    struct machine *m = NULL;
    struct devicetree_chosen chosen = {.bootargs = NULL};
    uint8_t *fdt = NULL;
    uint32_t bytes = 0;
    int code = EXIT_USAGE;

    if (!session_init(&s, args) || !session_load(&s, args, args->positional.items[0], false))
        goto out;
    m = machine_create(s.graph, s.registry, MACHINE_NO_BACKENDS, &s.diag);
    if (!m)
        goto out;
    chosen.bootargs = s.graph->cmdline;
    if (devicetree_build(m, &chosen, &fdt, &bytes, &s.diag) < 0)
        goto out;
    if (args->dtb ? write_blob(args->dtb, fdt, bytes) : devicetree_print(fdt, bytes, stdout) == 0)
        code = EXIT_OK;
out:
    session_report(&s);
    free(fdt);
    machine_destroy(m);
    session_finish(&s);
    return code;
}
