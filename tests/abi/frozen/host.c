/* SPDX-License-Identifier: Apache-2.0
 *
 * host.c - the other way round: a host of SDK 0.1, built from the frozen headers and test host,
 * takes the plug-ins of today. usage: host PLUGIN.so TYPE [PROPERTY=VALUE | PROPERTY=@TARGETS]...
 */
#include <testhost.h>

static int fail(const char *what)
{
    fprintf(stderr, "in a host of SDK 0.1: %s\n", what);
    return 1;
}

static void set(struct th *t, char *argument)
{
    char *value = strchr(argument, '=');

    *value++ = 0;
    if (*value == '@')
        th_set_refs(t, argument, (uint32_t)strtoul(value + 1, NULL, 0));
    else
        th_set(t, argument, value);
}

/* Every word of every region is read, written and read again; time passes; twice. */
static void use(struct th *t)
{
    for (uint32_t round = 0; round < 2; round++) {
        for (uint32_t region = 0; region < t->cls->nregions; region++) {
            for (uint64_t at = 0; at + 4 <= t->regions[region].bytes && at < 4096; at += 4) {
                th_read(t, region, at, 4);
                th_write(t, region, at, 4, 0x5a5a5a5a + round);
                th_peek(t, region, at, 4);
            }
        }
        th_advance(t, 1000000);
        th_complete(t);
        th_reset(t, BP_RESET_WARM);
    }
}

int main(int argc, char **argv)
{
    const char *why = NULL;
    struct th *t = argc < 3 ? NULL : th_open_why(argv[1], argv[2], &why);

    if (!t)
        return fail(why ? why : "which plug-in, which type?");
    for (int i = 3; i < argc; i++)
        set(t, argv[i]);
    t->region_bytes[0] = 1 << 20;
    if (th_start(t))
        return fail(t->error[0] ? t->error : "init() refuses");
    use(t);
    return th_close(t) ? fail("the device breaks the contract") : 0;
}
