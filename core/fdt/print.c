/* SPDX-License-Identifier: Apache-2.0
 *
 * A flattened tree as source text (.dts, version 1). The blob carries no types, so each value is shown in the
 * narrowest notation that gives back the same bytes: strings, cells, or bytes.
 */
#include "core/fdt/devicetree.h"

#include <backplane/abi.h>

#include <ctype.h>
#include <inttypes.h>
#include <libfdt.h>
#include <string.h>

static void indent(FILE *out, int depth)
{
    for (int i = 0; i < depth; i++)
        fputc('\t', out);
}

/* One or more non-empty printable strings, each with its NUL. */
static bool is_strings(const char *data, int bytes)
{
    if (bytes < 2 || data[bytes - 1])
        return false;
    for (int i = 0; i < bytes; i++)
        if (data[i] ? !isprint((unsigned char)data[i]) : i == 0 || !data[i - 1])
            return false;
    return true;
}

static void print_strings(const char *data, int bytes, FILE *out)
{
    for (int i = 0; i < bytes; i++) {
        if (i == 0 || !data[i - 1])
            fputs(i ? ", \"" : "\"", out);
        if (!data[i]) {
            fputc('"', out);
            continue;
        }
        if (data[i] == '"' || data[i] == '\\')
            fputc('\\', out);
        fputc(data[i], out);
    }
}

static void print_value(const char *data, int bytes, FILE *out)
{
    if (is_strings(data, bytes)) {
        print_strings(data, bytes, out);
    } else if (bytes % 4 == 0) {
        for (int i = 0; i < bytes; i += 4)
            fprintf(out, "%s0x%" PRIx32, i ? " " : "<",
                    (uint32_t)fdt32_ld((const fdt32_t *)(const void *)(data + i)));
        fputc('>', out);
    } else {
        for (int i = 0; i < bytes; i++)
            fprintf(out, "%s%02x", i ? " " : "[", (uint8_t)data[i]);
        fputc(']', out);
    }
}

static int print_props(const void *fdt, int node, int depth, FILE *out)
{
    int at, bytes = 0;

    fdt_for_each_property_offset(at, fdt, node)
    {
        const char *name = NULL;
        const char *data = fdt_getprop_by_offset(fdt, at, &name, &bytes);

        if (!data)
            return bytes;
        indent(out, depth);
        fputs(name, out);
        if (bytes) {
            fputs(" = ", out);
            print_value(data, bytes, out);
        }
        fputs(";\n", out);
    }
    return at == -FDT_ERR_NOTFOUND ? 0 : at;
}

static int print_node(const void *fdt, int node, int depth, FILE *out)
{
    const char *name = fdt_get_name(fdt, node, NULL);
    int child, error;

    indent(out, depth);
    fprintf(out, "%s {\n", name && *name ? name : "/");
    error = print_props(fdt, node, depth + 1, out);
    fdt_for_each_subnode(child, fdt, node)
    {
        if (error)
            return error;
        fputc('\n', out);
        error = print_node(fdt, child, depth + 1, out);
    }
    indent(out, depth);
    fputs("};\n", out);
    return error;
}

int32_t devicetree_print(const uint8_t *fdt, uint32_t bytes, FILE *out)
{
    if (fdt_check_full(fdt, bytes))
        return BP_E_INVAL;
    fputs("/dts-v1/;\n\n", out);
    for (int i = 0; i < fdt_num_mem_rsv(fdt); i++) {
        uint64_t base, size;

        if (fdt_get_mem_rsv(fdt, i, &base, &size))
            return BP_E_INVAL;
        fprintf(out, "/memreserve/ 0x%" PRIx64 " 0x%" PRIx64 ";\n", base, size);
    }
    if (print_node(fdt, 0, 0, out))
        return BP_E_INVAL;
    return ferror(out) ? BP_E_IO : BP_OK;
}
