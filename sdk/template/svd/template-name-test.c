/*
 * Plays the guest of one template-name, without a CPU: template-name-test PLUGIN.so. What there is to drive and to look at is in
 * <testhost.h>. As it is written it knows the description alone: reset values, and bits that a guest cannot change.
 */
#include <testhost.h>

static int failures;

static void expect(const char *what, const char *name, uint64_t is, uint64_t wanted)
{
    if (is == wanted)
        return;
    fprintf(stderr, "%s: %s is 0x%llx, should be 0x%llx\n", name, what, (unsigned long long)is,
            (unsigned long long)wanted);
    failures++;
}

/* Registers in another bank are not seen, and what shares an address with a write-only one answers for it. */
static int is_seen(const struct bp_region *region, const struct bp_reg *reg)
{
    for (uint32_t i = 0; i < region->nregs; i++)
        if (th_reg_row(region, i) != reg && th_reg_row(region, i)->offset == reg->offset)
            return 0;
    return !reg->banks || reg->banks & 1;
}

static void test_register(struct th *t, const struct bp_reg *reg, uint64_t offset)
{
    uint64_t value = th_peek(t, 0, offset, reg->width);

    if (reg->access != BP_REG_WO)
        expect("its reset value", reg->name, value, bp_reg_shown(reg, reg->reset));
    if (reg->access == BP_REG_RO && !reg->bits) {
        th_write(t, 0, offset, reg->width, ~value);
        expect("a read-only value", reg->name, th_peek(t, 0, offset, reg->width), value);
    } else if (reg->access == BP_REG_RW && !reg->bits && !reg->on_write && !reg->on_read) {
        uint64_t mask = bp_reg_writable(reg);

        th_write(t, 0, offset, reg->width, ~value);
        expect("the value after all bits were turned", reg->name, th_peek(t, 0, offset, reg->width),
               (value & ~mask) | (~value & mask));
    }
}

int main(int argc, char **argv)
{
    const char *why = "usage: template-name-test PLUGIN.so";
    struct th *t = argc == 2 ? th_open_why(argv[1], "template-name", &why) : NULL;
    const struct bp_region *region;

    if (!t) {
        fprintf(stderr, "%s\n", why);
        return 2;
    }
    expect("the number of broken rules", t->cls->name, th_check_class(t->cls) != NULL, 0);
    t->region_bytes[0] = 1u << 20;
    if (th_start(t)) {
        fprintf(stderr, "does not start: %s\n", t->error);
        failures++;
        th_close(t);
        return 1;
    }
    region = &t->cls->regions[0];
    for (uint32_t i = 0; i < region->nregs; i++) {
        const struct bp_reg *reg = th_reg_row(region, i);

        for (uint32_t n = 0; is_seen(region, reg) && n < (reg->count ? reg->count : 1); n++)
            test_register(t, reg, reg->offset + (uint64_t)n * reg->stride);
    }
    failures += (int)th_close(t); /* what it did against the contract */
    return failures ? 1 : 0;
}
