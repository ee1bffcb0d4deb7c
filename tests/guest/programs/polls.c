/* SPDX-License-Identifier: Apache-2.0
 *
 * polls.c - interrupts at every place in code: the pieces of polls_code.S, in M-mode and in S-mode with paging, give the
 * same result whenever they are interrupted.
 *
 * Where an instruction takes one tick of the clock (deterministic time at the clock's frequency, one hart), the timer goes
 * through all moments from before a piece to behind it. Each instruction must have been the next one exactly as often as it
 * is executed; the registers that the handler finds are printed, for comparison between accelerators. Elsewhere the timer
 * comes when it comes. With several harts, another one sends software interrupts as fast as this one takes them.
 */
#include "guest.h"

#define MTIMECMP (ACLINT + 0x4000)
#define MTIME    (ACLINT + 0xbff8)
#define FAR_AWAY 0x7fffffffu

#define PIECES(_)                                                                                  \
    _(nothing)                                                                                     \
    _(back)                                                                                        \
    _(nested)                                                                                      \
    _(jumps)                                                                                       \
    _(calls)                                                                                       \
    _(waits)                                                                                       \
    _(conditional)                                                                                 \
    _(amos)                                                                                        \
    _(memory)                                                                                      \
    _(floating)                                                                                    \
    _(patched)                                                                                     \
    _(far)

#define DECLARE(name)                                                                              \
    reg_t name(reg_t cells);                                                                       \
    extern char name##_end[];
PIECES(DECLARE)

static const struct piece {
    const char *name;
    reg_t (*code)(reg_t cells);
    const char *end;
} pieces[] = {
#define ROW(name) {#name, name, name##_end},
    PIECES(ROW)
#undef ROW
};

#define NPIECES (sizeof(pieces) / sizeof(*pieces))

static volatile uint32_t cells[16] __attribute__((aligned(64)));

/* --- running them ----------------------------------------------------------------------------------------------------- */

#define V 1u
#define R 2u
#define W 4u
#define X 8u
#define A 64u
#define D 128u

#if XLEN == 64
static uint64_t root[512] __attribute__((aligned(4096)));
#define SATP   ((reg_t)8 << 60 | (reg_t)root >> 12)
#define PIECE_ 30
#else
static uint32_t root[1024] __attribute__((aligned(4096)));
#define SATP   ((reg_t)1 << 31 | (reg_t)root >> 12)
#define PIECE_ 22
#endif

static void make_tables(void)
{
    for (reg_t i = 0; i < (XLEN == 64 ? 4 : 1024); i++)
        root[i] = (i << PIECE_ >> 12) << 10 | V | R | W | X | A | D;
}

static void clear_cells(void)
{
    for (unsigned i = 0; i < 16; i++)
        cells[i] = i * 0x01020305u;
}

/* A sum over the cells and what the piece gives, or found. */
static uint32_t sum(reg_t first, const reg_t *more, unsigned n)
{
    uint32_t hash = 2166136261u;

    hash = (hash ^ (uint32_t)first) * 16777619u;
#if XLEN == 64
    hash = (hash ^ (uint32_t)(first >> 32)) * 16777619u;
#endif
    for (unsigned i = 0; i < 16; i++)
        hash = (hash ^ cells[i]) * 16777619u;
    for (unsigned i = 0; i < n; i++) {
        hash = (hash ^ (uint32_t)more[i]) * 16777619u;
#if XLEN == 64
        hash = (hash ^ (uint32_t)(more[i] >> 32)) * 16777619u;
#endif
    }
    return hash;
}

static reg_t run_in_m(const struct piece *p)
{
    reg_t result;

    csr_set(mstatus, MSTATUS_MIE);
    result = p->code((reg_t)cells);
    csr_clear(mstatus, MSTATUS_MIE);
    return result;
}

/* Interrupts for M-mode are always on in there. */
static reg_t run_in_s(const struct piece *p)
{
    reg_t result;

    csr_write(satp, SATP);
    __asm__ volatile("sfence.vma" ::: "memory");
    csr_clear(mstatus, MSTATUS_MPIE);
    result = enter_mode(MODE_S, p->code, (reg_t)cells, 0);
    csr_clear(mstatus, MSTATUS_MIE);
    csr_write(satp, 0);
    return result;
}

static reg_t (*const modes[])(const struct piece *) = {run_in_m, run_in_s};

/* --- the timer -------------------------------------------------------------------------------------------------------- */

#define ONCE   1u
#define ALWAYS ~0u /* whatever came before WFI, something ends it */

static const struct piece *piece;
static volatile unsigned count, wanted; /* interrupts */
static reg_t at;                        /* of the first */
static uint32_t state;

static void set_timer(uint32_t ticks)
{
    uint32_t low = MMIO32(MTIME);

    MMIO32(MTIMECMP + 4) = 0xffffffff;
    MMIO32(MTIMECMP) = low + ticks;
    MMIO32(MTIMECMP + 4) = MMIO32(MTIME + 4) + (low + ticks < low);
}

static void on_timer(struct frame *f)
{
    reg_t floats[8] = {0};

    __asm__ volatile(".option push\n.option arch, +d\n"
                     "fsd f0, 0(%0)\nfsd f1, 8(%0)\nfsd f2, 16(%0)\nfsd f4, 24(%0)\n"
                     ".option pop" ::"r"(floats)
                     : "memory");
    if (!count++) {
        at = f->pc;
        state = sum(f->pc, f->x + 1, 31);
        for (unsigned i = 0; i < 4 * 8 / sizeof(reg_t); i++)
            state = state * 31 + (uint32_t)floats[i];
    }
    set_timer(count < wanted ? 200 : FAR_AWAY);
}

/* Does the clock count instructions? */
static int is_exact(void)
{
    reg_t insns, ticks;

    ticks = MMIO32(MTIME);
    insns = csr_read(minstret);
    for (volatile unsigned i = 0; i < 1000; i++)
        ;
    insns = csr_read(minstret) - insns;
    ticks = MMIO32(MTIME) - (uint32_t)ticks;
    return ticks - insns < 8;
}

static __attribute__((noinline)) reg_t instructions(const struct piece *p)
{
    reg_t before = csr_read(minstret);

    (void)p->code((reg_t)cells);
    return csr_read(minstret) - before;
}

static void print_state(unsigned moment)
{
    print_dec(moment);
    print(" +");
    print_dec(at - (reg_t)piece->code);
    print(" ");
    print_hex(state);
    print("\n");
}

/* How often an instruction of the piece was the next one, with the timer at every moment from the first to the last. */
static unsigned sweep(unsigned mode, uint32_t want, int exact)
{
    unsigned inside = 0, first = 0, moment = 0, last = exact && wanted == ONCE ? 2000 : 300;

    for (; moment < last; moment++) {
        reg_t result;

        clear_cells();
        count = 0;
        set_timer(moment);
        result = modes[mode](piece);
        if (exact && !count)
            break; /* it is over before the timer */
        set_timer(FAR_AWAY);
        CHECK_EQ(sum(result, NULL, 0), want);
        CHECK(count <= wanted);
        if (count && at >= (reg_t)piece->code && at < (reg_t)piece->end) {
            /* What came while interrupts were off is taken there; no piece goes back to its first instruction. */
            if (at != (reg_t)piece->code || !first++)
                inside++;
            if (exact)
                print_state(moment);
        }
    }
    set_timer(FAR_AWAY);
    CHECK(moment < 2000);
    return inside;
}

static void sweep_all(void)
{
    int exact = is_exact();
    reg_t around = instructions(&pieces[0]) - 1;

    print(exact ? "every instruction\n" : "by chance\n");
    my_trap()->hook = on_timer;
    csr_write(mie, 1ul << IRQ_MTI);
    for (unsigned i = 0; i < NPIECES; i++) {
        int sleeps;

        piece = &pieces[i];
        sleeps = piece->code == waits;
        wanted = sleeps ? ALWAYS : ONCE;
        for (unsigned mode = 0; mode < 2; mode++) {
            uint32_t want;
            unsigned inside;

            clear_cells();
            count = 0;
            set_timer(sleeps ? 500 : FAR_AWAY);
            want = sum(modes[mode](piece), NULL, 0);
            if (exact) {
                print(piece->name);
                print(mode ? " in S-mode\n" : " in M-mode\n");
            }
            inside = sweep(mode, want, exact);
            if (exact && !sleeps) {
                clear_cells();
                CHECK_EQ(inside, instructions(piece) - around);
            }
        }
    }
    csr_write(mie, 0);
    my_trap()->hook = NULL;
}

/* --- another hart ------------------------------------------------------------------------------------------------------ */

#define ROUNDS 150

static volatile uint32_t over, taken;

static void on_ring(struct frame *f)
{
    (void)f;
    MMIO32(ACLINT) = 0;
    taken++;
}

/* Not always at once, or the other one would get nowhere. */
static void ring(void)
{
    uint32_t seed = 1;

    while (!__atomic_load_n(&over, __ATOMIC_ACQUIRE)) {
        if (MMIO32(ACLINT))
            continue;
        seed = seed * 1664525u + 1013904223u;
        for (volatile unsigned i = seed >> 26; i; i--)
            ;
        MMIO32(ACLINT) = 1;
    }
}

static void be_rung(void)
{
    my_trap()->hook = on_ring;
    csr_write(mie, 1ul << IRQ_MSI);
    for (unsigned i = 0; i < NPIECES; i++) {
        for (unsigned mode = 0; mode < 2; mode++) {
            uint32_t want = 0, got;

            for (unsigned k = 0; k < ROUNDS; k++) {
                clear_cells();
                got = sum(modes[mode](&pieces[i]), NULL, 0);
                want = k ? want : got;
                CHECK_EQ(got, want);
            }
        }
    }
    csr_write(mie, 0);
    my_trap()->hook = NULL;
    over = 1;
    CHECK(taken > ROUNDS);
}

static void rung(unsigned hart)
{
    if (hart)
        ring();
    else
        be_rung();
}

int test_main(reg_t hart)
{
    (void)hart;
    csr_write(pmpaddr0, ~0ul);
    csr_write(pmpcfg0, 0x1f);
    make_tables();
    if (harts() > 1)
        on_harts(2, rung);
    else
        sweep_all();
    return 0;
}
