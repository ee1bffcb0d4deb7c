/* SPDX-License-Identifier: Apache-2.0
 *
 * smp.c - several harts on the same memory: atomics, LR/SC under contention and under ABA, ordering, code that another
 * hart rewrites, interrupts between harts, TLB shoot-down by software. RVWMO: Unprivileged ISA 20240411, chapter 17.
 */
#include "guest.h"

#define ROUNDS    20000
#define MAX_HARTS 8

static unsigned nharts;
static volatile uint32_t counter __attribute__((aligned(64)));
static volatile reg_t wide __attribute__((aligned(64)));
static volatile uint32_t barrier_count __attribute__((aligned(64))), barrier_turn;

static void barrier(void)
{
    uint32_t turn = barrier_turn;

    if (__atomic_add_fetch(&barrier_count, 1, __ATOMIC_SEQ_CST) == nharts) {
        barrier_count = 0;
        __atomic_store_n(&barrier_turn, turn + 1, __ATOMIC_SEQ_CST);
    } else {
        while (__atomic_load_n(&barrier_turn, __ATOMIC_SEQ_CST) == turn)
            ;
    }
}

static void add_with_amo(unsigned hart)
{
    barrier();
    for (unsigned i = 0; i < ROUNDS; i++) {
        __asm__ volatile("amoadd.w x0, %1, (%0)" ::"r"(&counter), "r"(1) : "memory");
        __atomic_fetch_add(&wide, hart + 1, __ATOMIC_RELAXED);
    }
}

static void add_with_lr_sc(unsigned hart)
{
    barrier();
    for (unsigned i = 0; i < ROUNDS; i++) {
        __asm__ volatile(
            "1: lr.w t0, (%0)\naddi t0, t0, 1\nsc.w t1, t0, (%0)\nbnez t1, 1b" ::"r"(&counter)
            : "t0", "t1", "memory");
#if XLEN == 64
        __asm__ volatile(
            "1: lr.d t0, (%0)\nadd t0, t0, %1\nsc.d t1, t0, (%0)\nbnez t1, 1b" ::"r"(&wide),
            "r"((reg_t)hart + 1)
            : "t0", "t1", "memory");
#else
        __atomic_fetch_add(&wide, hart + 1, __ATOMIC_RELAXED);
#endif
    }
}

/* A stack of nodes pushed and popped by LR/SC: with compare-and-swap semantics it breaks by ABA within moments. */
struct node {
    struct node *next;
    volatile uint32_t owners;
};
static struct node nodes[MAX_HARTS * 2];
static struct node *volatile top __attribute__((aligned(64)));

static struct node *pop(void)
{
    struct node *n, *next;
    reg_t failed_;

    do {
        __asm__ volatile(
#if XLEN == 64
            "lr.d %0, (%3)\nbeqz %0, 1f\nld %1, 0(%0)\nsc.d %2, %1, (%3)\nj 2f\n1: li %2, 0\n2:"
#else
            "lr.w %0, (%3)\nbeqz %0, 1f\nlw %1, 0(%0)\nsc.w %2, %1, (%3)\nj 2f\n1: li %2, 0\n2:"
#endif
            : "=&r"(n), "=&r"(next), "=&r"(failed_)
            : "r"(&top)
            : "memory");
    } while (failed_);
    return n;
}

static void push(struct node *n)
{
    struct node *old = top;

    do {
        n->next = old;
    } while (!__atomic_compare_exchange_n(&top, &old, n, 0, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST));
}

static void stack_work(unsigned hart)
{
    barrier();
    for (unsigned i = 0; i < ROUNDS; i++) {
        struct node *a = pop();
        if (!a)
            continue;
        if (__atomic_fetch_add(&a->owners, 1, __ATOMIC_SEQ_CST) != 0)
            __atomic_fetch_add(&counter, 1, __ATOMIC_SEQ_CST); /* two owners at once */
        struct node *b = pop();
        __atomic_fetch_sub(&a->owners, 1, __ATOMIC_SEQ_CST);
        push(a);
        if (b)
            push(b);
    }
}

/* Message passing and store buffering, with the fences that forbid the weak outcomes. */
static volatile uint32_t x __attribute__((aligned(64))), y __attribute__((aligned(64)));
static volatile uint32_t seen[2], bad;

static void litmus(unsigned hart)
{
    for (unsigned i = 0; i < 1000; i++) {
        barrier();
        if (hart == 0)
            x = y = seen[0] = seen[1] = 0;
        barrier();
        if (hart == 0) {
            x = 1;
            __asm__ volatile("fence rw, rw" ::: "memory");
            seen[0] = y + 1;
        } else if (hart == 1) {
            y = 1;
            __asm__ volatile("fence rw, rw" ::: "memory");
            seen[1] = x + 1;
        }
        barrier();
        if (hart == 0 && seen[0] == 1 && seen[1] == 1)
            bad++; /* both read the old value */
        barrier();
        if (hart == 0)
            x = y = 0;
        barrier();
        if (hart == 0) {
            x = i + 1;
            __asm__ volatile("fence w, w" ::: "memory");
            y = 1;
        } else if (hart == 1) {
            while (!y)
                ;
            __asm__ volatile("fence r, r" ::: "memory");
            if (x != i + 1)
                __atomic_fetch_add(&bad, 1, __ATOMIC_SEQ_CST);
        }
    }
}

/* Hart 0 rewrites a function; the others execute fence.i after they were told, and must see the new one. */
static uint32_t code[2] __attribute__((aligned(64)));

static void rewrite(unsigned hart)
{
    reg_t (*function)(void) = (reg_t(*)(void))(reg_t)code;

    for (unsigned i = 0; i < 100; i++) {
        if (hart == 0) {
            code[0] = 0x00000513 | i << 20; /* li a0, i */
            code[1] = 0x00008067;           /* ret */
            __asm__ volatile("fence rw, rw" ::: "memory");
        }
        barrier();
        __asm__ volatile("fence.i" ::: "memory");
        if (function() != i)
            __atomic_fetch_add(&bad, 1, __ATOMIC_SEQ_CST);
        barrier();
    }
}

/* Each hart interrupts the next one through the ACLINT, round and round. */
static volatile uint32_t token;

static void ring(unsigned hart)
{
    csr_write(mie, 1ul << IRQ_MSI);
    barrier();
    if (hart == 0)
        MMIO32(ACLINT + 4 * (1 % nharts)) = 1;
    for (unsigned i = 0; i < 200; i++) {
        while (!(csr_read(mip) & 1ul << IRQ_MSI))
            __asm__ volatile("wfi");
        MMIO32(ACLINT + 4 * hart) = 0;
        __atomic_fetch_add(&token, 1, __ATOMIC_SEQ_CST);
        if (!(hart == 0 && i == 199))
            MMIO32(ACLINT + 4 * ((hart + 1) % nharts)) = 1;
    }
    barrier();
}

int test_main(reg_t hart)
{
    nharts = harts();
    print_dec(nharts);
    print(" harts\n");
    CHECK(nharts >= 2);
    reg_t expected = 0;
    for (unsigned h = 0; h < nharts; h++)
        expected += (reg_t)(h + 1) * ROUNDS;
    on_harts(nharts, add_with_amo);
    CHECK_EQ(counter, nharts * ROUNDS);
    CHECK_EQ(wide, expected);
    counter = 0;
    wide = 0;
    on_harts(nharts, add_with_lr_sc);
    CHECK_EQ(counter, nharts * ROUNDS);
    CHECK_EQ(wide, expected);
    counter = 0;
    for (unsigned i = 0; i < nharts * 2; i++)
        push(&nodes[i]);
    on_harts(nharts, stack_work);
    CHECK_EQ(counter, 0);
    unsigned left = 0;
    for (struct node *n = top; n && left <= MAX_HARTS * 2; n = n->next)
        left++;
    CHECK_EQ(left, nharts * 2);
    unsigned all = nharts;
    nharts = 2; /* more would only wait */
    on_harts(nharts, litmus);
    CHECK_EQ(bad, 0);
    nharts = all;
    on_harts(nharts, rewrite);
    CHECK_EQ(bad, 0);
    on_harts(nharts, ring);
    CHECK_EQ(token, nharts * 200);
    return 0;
}
