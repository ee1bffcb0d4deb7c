/* SPDX-License-Identifier: Apache-2.0
 *
 * access.c - accesses to guest memory that miss the TLB's fast path: fills, devices, page
 * crossings, stores next to code or reservations, and physical accesses.
 */
#include "ram.h"
#include "softmmu.h"

#define OFFSET(a)  ((a) & (MMU_PAGE - 1))
#define READ_WRITE (BP_PROT_READ | BP_PROT_WRITE)

static int crosses(uint64_t va, uint32_t width)
{
    return OFFSET(va) > MMU_PAGE - width;
}

static uint64_t swapped(uint64_t value, uint32_t width)
{
    return __builtin_bswap64(value) >> (64 - 8 * width);
}

static uint8_t *probe(const struct mmu_entry *table, uint64_t va, uint32_t width)
{
    const struct mmu_entry *entry = &table[mmu_slot(va) >> 4];

    return (va ^ entry->tag) <= MMU_PAGE - width ? (uint8_t *)(uintptr_t)(va + entry->addend)
                                                 : NULL;
}

/* --- physical accesses ----------------------------------------------------------------------- */

/* A device may take long, call back into this vCPU, and change the map. */
static int32_t device_read(struct mmu *mmu, uint64_t pa, uint32_t width, uint32_t flags,
                           uint64_t *value)
{
    struct mmu_machine *machine = mmu->machine;
    int32_t status;

    mmu->stats.mmio++;
    mmu->outside(mmu);
    mmu_pause(mmu);
    status = machine->api->read(machine->host, mmu->index, pa, width, flags, value);
    mmu_resume(mmu);
    mmu->inside(mmu);
    return status;
}

static int32_t device_write(struct mmu *mmu, uint64_t pa, uint32_t width, uint64_t value)
{
    struct mmu_machine *machine = mmu->machine;
    int32_t status;

    mmu->stats.mmio++;
    mmu->outside(mmu);
    mmu_pause(mmu);
    status = machine->api->write(machine->host, mmu->index, pa, width, 0, value);
    mmu_resume(mmu);
    mmu->inside(mmu);
    return status;
}

static int32_t read_phys(struct mmu *mmu, uint64_t pa, uint32_t width, uint64_t *value)
{
    const struct mmu_page *page = mmu_page(mmu, pa);

    if (!page->host)
        return device_read(mmu, pa, width, 0, value);
    *value = ram_read(page->host + OFFSET(pa), width);
    return BP_OK;
}

static int many(const struct mmu *mmu)
{
    return mmu->machine->world.ncpus > 1;
}

/* What follows a store to a page that has, or may have, code. */
static void stored(struct mmu *mmu, codemap_word *word, uint64_t pa, uint32_t width)
{
    if (!word || !codemap_hit(word, pa, width))
        return;
    mmu->stats.code_hits++;
    if (mmu->forget_code(mmu, pa, width)) {
        world_post_all(&mmu->machine->world, &mmu->world, WORLD_INVALIDATE, pa, width);
    } else {
        codemap_clear(word, pa, width);
        mmu_post_granules(mmu->machine, mmu, pa, width);
    }
}

/* Takes the bucket's lock if the page may carry reservations; `always` for callers that may be OUT,
 * whom a page's way to SYNC does not wait for. */
static reserve_bucket *guard(struct mmu *mmu, const struct mmu_page *page, uint64_t pa, int always,
                             uint64_t *bits)
{
    if (!many(mmu) || !page->word || !(always || (atomic_load(page->word) & CODEMAP_SYNC)))
        return NULL;
    return reserve_lock(&mmu->machine->reserve, pa, bits);
}

static void unguard(struct mmu *mmu, const struct mmu_page *page, reserve_bucket *bucket,
                    uint64_t bits)
{
    if (!bucket)
        return;
    reserve_unlock(bucket, bits & reserve_bit(mmu->index));
    if (atomic_load(page->word) & CODEMAP_SYNC)
        reserve_cool(&mmu->machine->reserve, page->word, page->pa & ~(MMU_PAGE - 1));
}

static void store_slow(struct mmu *mmu, const struct mmu_page *page, uint64_t pa, uint32_t width,
                       uint64_t value, int always)
{
    uint8_t *host = page->host + OFFSET(pa);
    uint64_t bits;
    reserve_bucket *bucket = guard(mmu, page, pa, always, &bits);

    mmu->stats.slow++;
    ram_write(host, width, value);
    unguard(mmu, page, bucket, bits);
    stored(mmu, page->word, pa, width);
}

static int is_ram(const struct mmu_page *page)
{
    return page->host && (page->flags & BP_PHYS_WRITABLE);
}

static int32_t write_phys(struct mmu *mmu, uint64_t pa, uint32_t width, uint64_t value)
{
    struct mmu_page page = *mmu_page(mmu, pa);

    if (!is_ram(&page))
        return device_write(mmu, pa, width, value);
    store_slow(mmu, &page, pa, width, value, 0);
    return BP_OK;
}

int32_t mmu_phys_load(struct mmu *mmu, uint64_t pa, uint32_t width, uint64_t *value)
{
    const struct mmu_page *page = mmu_page(mmu, pa);

    if (!page->host)
        return mmu->machine->api->read(mmu->machine->host, mmu->index, pa, width, 0, value);
    *value = ram_read(page->host + OFFSET(pa), width);
    return BP_OK;
}

int32_t mmu_phys_store(struct mmu *mmu, uint64_t pa, uint32_t width, uint64_t value)
{
    struct mmu_page page = *mmu_page(mmu, pa);

    if (!is_ram(&page))
        return mmu->machine->api->write(mmu->machine->host, mmu->index, pa, width, 0, value);
    store_slow(mmu, &page, pa, width, value, 1);
    return BP_OK;
}

static int swap_if_equal(void *host, uint32_t width, uint64_t expected, uint64_t desired)
{
    uint32_t expected32 = (uint32_t)expected;

    if (width == 4)
        return __atomic_compare_exchange_n((uint32_t *)host, &expected32, (uint32_t)desired, 0,
                                           __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST);
    return __atomic_compare_exchange_n((uint64_t *)host, &expected, desired, 0, __ATOMIC_SEQ_CST,
                                       __ATOMIC_SEQ_CST);
}

int32_t mmu_phys_cas(struct mmu *mmu, uint64_t pa, uint32_t width, uint64_t expected,
                     uint64_t desired)
{
    struct mmu_page page = *mmu_page(mmu, pa);
    uint8_t *host = page.host + OFFSET(pa);
    reserve_bucket *bucket;
    uint64_t bits;
    int swapped_it;

    if (!is_ram(&page) || (pa & (width - 1)))
        return BP_E_ACCESS;
    bucket = guard(mmu, &page, pa, 1, &bits);
    swapped_it = swap_if_equal(host, width, expected, desired);
    unguard(mmu, &page, bucket, bits);
    if (swapped_it)
        stored(mmu, page.word, pa, width);
    return swapped_it;
}

/* --- loads ----------------------------------------------------------------------------------- */

/* The byte `i` behind va, with the wrap of 32-bit addresses. */
static uint64_t behind(uint64_t va, uint32_t i, uint32_t x)
{
    return x & BP_MEM_ADDR32 ? (uint32_t)(va + i) : va + i;
}

/* Both pages are checked before any byte moves. */
static int find_two(struct mmu *mmu, uint64_t va, uint32_t width, uint32_t kind, uint32_t x,
                    struct mmu_found two[2])
{
    uint64_t second = behind(va, width - 1, x) & ~(MMU_PAGE - 1);

    uint32_t first = (uint32_t)(MMU_PAGE - OFFSET(va));

    if (mmu_find(mmu, va, first, kind, x & BP_MEM_CONTEXT, &two[0]))
        return MMU_FAULT;
    return mmu_find(mmu, second, width - first, kind, x & BP_MEM_CONTEXT, &two[1]);
}

static uint64_t byte_address(uint64_t va, uint32_t i, const struct mmu_found two[2])
{
    uint64_t first = MMU_PAGE - OFFSET(va);

    return i < first ? two[0].pa + i : two[1].pa + (i - first);
}

static int load_crossing(struct mmu *mmu, uint64_t va, uint32_t width, uint32_t x, uint64_t *value)
{
    struct mmu_found two[2];

    if (find_two(mmu, va, width, BP_MEM_READ, x, two))
        return MMU_FAULT;
    *value = 0;
    for (uint32_t i = 0; i < width; i++) {
        uint64_t byte;
        if (read_phys(mmu, byte_address(va, i, two), 1, &byte))
            return mmu_raise(mmu, BP_FAULT_BUS, BP_MEM_READ, 0, behind(va, i, x));
        *value |= (byte & 0xff) << 8 * i;
    }
    return MMU_OK;
}

static int load_page(struct mmu *mmu, uint64_t va, uint32_t width, uint32_t x, uint64_t *value)
{
    struct mmu_found found;
    const struct mmu_page *page;

    if (mmu_find(mmu, va, width, BP_MEM_READ, x & BP_MEM_CONTEXT, &found))
        return MMU_FAULT;
    page = mmu_page(mmu, found.pa);
    if (page->host) {
        if (found.whole)
            mmu_fill(mmu, va, x & BP_MEM_CONTEXT, 0, &found, page);
        *value = ram_read(page->host + OFFSET(found.pa), width);
        return MMU_OK;
    }
    if (device_read(mmu, found.pa, width, 0, value))
        return mmu_raise(mmu, BP_FAULT_BUS, BP_MEM_READ, 0, va);
    *value &= ~0ull >> (64 - 8 * width);
    return MMU_OK;
}

int mmu_load(struct mmu *mmu, uint64_t va, uint32_t width, uint32_t x, uint64_t *value)
{
    const uint8_t *host = probe(mmu->tlbs[x & BP_MEM_CONTEXT].read, va, width);
    int result = MMU_OK;

    if ((x & BP_MEM_ALIGNED) && (va & (width - 1)))
        return mmu_raise(mmu, BP_FAULT_MISALIGNED, BP_MEM_READ, 0, va);
    if (host)
        *value = ram_read(host, width);
    else if (crosses(va, width))
        result = load_crossing(mmu, va, width, x, value);
    else
        result = load_page(mmu, va, width, x, value);
    if (result == MMU_OK && (x & BP_MEM_BIG))
        *value = swapped(*value, width);
    return result;
}

/* --- stores ---------------------------------------------------------------------------------- */

/* Nothing there, or memory that cannot be written: known before a byte is. */
static int takes_writes(struct mmu *mmu, uint64_t pa)
{
    const struct mmu_page *page = mmu_page(mmu, pa);

    return is_ram(page) || (page->flags & BP_PHYS_DEVICE);
}

static int store_crossing(struct mmu *mmu, uint64_t va, uint32_t width, uint32_t x, uint64_t value)
{
    struct mmu_found two[2];

    if (find_two(mmu, va, width, BP_MEM_WRITE, x, two))
        return MMU_FAULT;
    for (uint32_t i = 0; i < width; i++) {
        if (!takes_writes(mmu, byte_address(va, i, two)))
            return mmu_raise(mmu, BP_FAULT_BUS, BP_MEM_WRITE, 0, behind(va, i, x));
    }
    for (uint32_t i = 0; i < width; i++) {
        if (write_phys(mmu, byte_address(va, i, two), 1, value >> 8 * i & 0xff))
            return mmu_raise(mmu, BP_FAULT_BUS, BP_MEM_WRITE, 0, behind(va, i, x));
    }
    return MMU_OK;
}

/* 1: the page is in the write table now, and may be written without further ado. */
static int open_for_writing(struct mmu *mmu, uint64_t va, uint32_t context,
                            const struct mmu_found *found, const struct mmu_page *page)
{
    if (!found->whole || (found->prot & READ_WRITE) != READ_WRITE || !page->word ||
        !codemap_writer(page->word))
        return 0;
    mmu_fill(mmu, va, context, 1, found, page);
    return 1;
}

static int store_page(struct mmu *mmu, uint64_t va, uint32_t width, uint32_t x, uint64_t value)
{
    struct mmu_found found;
    struct mmu_page page;

    if (mmu_find(mmu, va, width, BP_MEM_WRITE, x & BP_MEM_CONTEXT, &found))
        return MMU_FAULT;
    page = *mmu_page(mmu, found.pa);
    if (!is_ram(&page)) {
        if (device_write(mmu, found.pa, width, value))
            return mmu_raise(mmu, BP_FAULT_BUS, BP_MEM_WRITE, 0, va);
    } else if (open_for_writing(mmu, va, x & BP_MEM_CONTEXT, &found, &page)) {
        ram_write(page.host + OFFSET(found.pa), width, value);
    } else {
        store_slow(mmu, &page, found.pa, width, value, 0);
    }
    return MMU_OK;
}

int mmu_store(struct mmu *mmu, uint64_t va, uint32_t width, uint32_t x, uint64_t value)
{
    uint8_t *host = probe(mmu->tlbs[x & BP_MEM_CONTEXT].write, va, width);

    if ((x & BP_MEM_ALIGNED) && (va & (width - 1)))
        return mmu_raise(mmu, BP_FAULT_MISALIGNED, BP_MEM_WRITE, 0, va);
    value = x & BP_MEM_BIG ? swapped(value, width) : value & ~0ull >> (64 - 8 * width);
    if (crosses(va, width))
        return store_crossing(mmu, va, width, x, value);
    if (!host)
        return store_page(mmu, va, width, x, value);
    ram_write(host, width, value);
    return MMU_OK;
}

/* --- atomics --------------------------------------------------------------------------------- */

#define SIMPLE(op, fetch)                                                                          \
    case BP_IR_##op:                                                                               \
        return width == 4 ? fetch((uint32_t *)host, (uint32_t)operand, __ATOMIC_SEQ_CST)           \
                          : fetch((uint64_t *)host, operand, __ATOMIC_SEQ_CST);

/* Of two operands, whether an AMOMIN or AMOMAX keeps the memory's. */
static int keeps(uint32_t op, uint32_t width, uint64_t memory, uint64_t operand)
{
    int64_t sm = width == 4 ? (int32_t)memory : (int64_t)memory;
    int64_t so = width == 4 ? (int32_t)operand : (int64_t)operand;

    switch (op) {
    case BP_IR_AMOMINS:
        return sm <= so;
    case BP_IR_AMOMAXS:
        return sm >= so;
    case BP_IR_AMOMINU:
        return memory <= operand;
    default:
        return memory >= operand;
    }
}

/* What memory holds afterwards, both operands zero-extended. */
static uint64_t combined(uint32_t op, uint32_t width, uint64_t memory, uint64_t operand)
{
    switch (op) {
    case BP_IR_AMOSWAP:
        return operand;
    case BP_IR_AMOADD:
        return memory + operand;
    case BP_IR_AMOAND:
        return memory & operand;
    case BP_IR_AMOOR:
        return memory | operand;
    case BP_IR_AMOXOR:
        return memory ^ operand;
    default:
        return keeps(op, width, memory, operand) ? memory : operand;
    }
}

/* For what the host has no instruction: minima and maxima, and everything big-endian. */
static uint64_t retry(void *host, uint32_t op, uint32_t width, int big, uint64_t operand)
{
    uint64_t raw, old, new;

    if (width == 4)
        operand = (uint32_t)operand;
    do {
        raw = ram_read(host, width);
        old = big ? swapped(raw, width) : raw;
        new = combined(op, width, old, operand);
    } while (!swap_if_equal(host, width, raw, big ? swapped(new, width) : new));
    return old;
}

/* `expected`: of an SC, which tells whether it failed. */
static uint64_t modify(void *host, uint32_t op, uint32_t width, uint32_t x, uint64_t expected,
                       uint64_t operand)
{
    if (op == BP_IR_SC)
        return !swap_if_equal(host, width, expected, operand);
    if (x & BP_MEM_BIG)
        return retry(host, op, width, 1, operand);
    switch (op) {
        SIMPLE(AMOSWAP, __atomic_exchange_n)
        SIMPLE(AMOADD, __atomic_fetch_add)
        SIMPLE(AMOAND, __atomic_fetch_and)
        SIMPLE(AMOOR, __atomic_fetch_or)
        SIMPLE(AMOXOR, __atomic_fetch_xor)
    default:
        return retry(host, op, width, 0, operand);
    }
}

/* Finds aligned RAM for an atomic of `kind`. */
static int find_ram(struct mmu *mmu, uint64_t va, uint32_t width, uint32_t kind, uint32_t context,
                    struct mmu_found *found, struct mmu_page *page)
{
    if (va & (width - 1))
        return mmu_raise(mmu, BP_FAULT_MISALIGNED, kind, 0, va);
    if (mmu_find(mmu, va, width, kind, context, found))
        return MMU_FAULT;
    *page = *mmu_page(mmu, found->pa);
    return is_ram(page) ? MMU_OK : mmu_raise(mmu, BP_FAULT_BUS, kind, 0, va);
}

int mmu_atomic(struct mmu *mmu, uint32_t op, uint64_t va, uint32_t width, uint32_t x,
               uint64_t operand, uint64_t *old)
{
    uint32_t context = x & BP_MEM_CONTEXT;
    uint64_t expected = mmu->reservation.value;
    uint8_t *host = va & (width - 1) ? NULL : probe(mmu->tlbs[context].write, va, width);
    struct mmu_found found;
    struct mmu_page page;
    reserve_bucket *bucket;
    uint64_t bits;

    if (host) {
        *old = modify(host, op, width, x, expected, operand);
        return MMU_OK;
    }
    if (find_ram(mmu, va, width, BP_MEM_AMO, context, &found, &page))
        return MMU_FAULT;
    host = page.host + OFFSET(found.pa);
    if (open_for_writing(mmu, va, context, &found, &page)) {
        *old = modify(host, op, width, x, expected, operand);
        return MMU_OK;
    }
    bucket = guard(mmu, &page, found.pa, 0, &bits);
    *old = modify(host, op, width, x, expected, operand);
    unguard(mmu, &page, bucket, bits);
    stored(mmu, page.word, found.pa, width);
    return MMU_OK;
}

int mmu_expect(struct mmu *mmu, uint64_t va, uint32_t width, uint32_t x, uint64_t *value)
{
    uint32_t context = x & BP_MEM_CONTEXT;
    struct mmu_found found;
    struct mmu_page page;

    mmu->reservation = (struct reservation){0};
    if (find_ram(mmu, va, width, BP_MEM_READ, context, &found, &page))
        return MMU_FAULT;
    *value = mmu->reservation.value = ram_read(page.host + OFFSET(found.pa), width);
    return MMU_OK;
}

int mmu_swap(struct mmu *mmu, uint64_t va, uint32_t width, uint32_t x, uint64_t value,
             uint64_t *failed)
{
    return mmu_atomic(mmu, BP_IR_SC, va, width, x, value, failed);
}

/* Makes sure that stores to the page synchronise with reservations from now on. */
static void synchronise(struct mmu *mmu, const struct mmu_page *page, uint64_t pa)
{
    uint64_t want = many(mmu) ? CODEMAP_SYNC : 0, old = atomic_load(page->word);

    if (!(old & CODEMAP_RESERVED))
        atomic_fetch_or(page->word, CODEMAP_RESERVED);
    if (old & CODEMAP_STORES)
        atomic_fetch_and(page->word, ~CODEMAP_STORES);
    if ((old & want) == want && !(old & CODEMAP_DRAIN))
        return;
    mmu_pause(mmu);
    codemap_mark(page->word, pa, want, many(mmu), &mmu->machine->world, &mmu->world);
    mmu_resume(mmu);
}

int mmu_load_reserved(struct mmu *mmu, uint64_t va, uint32_t width, uint32_t x, uint64_t *value)
{
    struct mmu_found found;
    struct mmu_page page;
    reserve_bucket *bucket;
    uint64_t bits;
    uint8_t *host;
    int held;

    mmu->reservation.host = NULL;
    if (find_ram(mmu, va, width, BP_MEM_READ, x & BP_MEM_CONTEXT, &found, &page))
        return MMU_FAULT;
    host = page.host + OFFSET(found.pa);
    held = !page.word;
    if (held)
        *value = ram_read(host, width);
    while (!held) {
        synchronise(mmu, &page, found.pa);
        bucket = reserve_lock(&mmu->machine->reserve, found.pa, &bits);
        held = !many(mmu) || (atomic_load(page.word) & CODEMAP_SYNC);
        *value = ram_read(host, width);
        reserve_unlock(bucket, held ? bits | reserve_bit(mmu->index) : bits);
    }
    if (page.word)
        mmu->reservation = (struct reservation){host, width, *value};
    if (x & BP_MEM_BIG)
        *value = swapped(*value, width);
    return MMU_OK;
}

int mmu_store_conditional(struct mmu *mmu, uint64_t va, uint32_t width, uint32_t x, uint64_t value,
                          uint64_t *failed)
{
    struct reservation reservation = mmu->reservation;
    struct mmu_found found;
    struct mmu_page page;
    reserve_bucket *bucket;
    uint64_t bits, mine = reserve_bit(mmu->index);
    uint8_t *host;

    *failed = 1;
    mmu->reservation.host = NULL;
    if (find_ram(mmu, va, width, BP_MEM_AMO, x & BP_MEM_CONTEXT, &found, &page))
        return MMU_FAULT;
    host = page.host + OFFSET(found.pa);
    if (reservation.host != host || reservation.width != width)
        return MMU_OK;
    if (x & BP_MEM_BIG)
        value = swapped(value, width);
    bucket = reserve_lock(&mmu->machine->reserve, found.pa, &bits);
    if (bits & mine)
        *failed = !swap_if_equal(host, width, reservation.value, value);
    reserve_unlock(bucket, *failed ? bits & ~mine : 0);
    if (!*failed)
        stored(mmu, page.word, found.pa, width);
    return MMU_OK;
}

/* --- code ------------------------------------------------------------------------------------ */

int32_t mmu_code16(struct mmu *mmu, uint64_t pa, uint64_t va, uint16_t *code)
{
    const struct mmu_page *page = mmu_page(mmu, pa);
    uint64_t value = 0;
    int32_t status;

    if (page->host) {
        *code = (uint16_t)ram_read(page->host + OFFSET(pa), 2);
        return BP_OK;
    }
    status =
        mmu->machine->api->read(mmu->machine->host, mmu->index, pa, 2, BP_ACCESS_FETCH, &value);
    if (status)
        mmu_raise(mmu, BP_FAULT_BUS, BP_MEM_FETCH, 0, va);
    *code = (uint16_t)value;
    return status;
}
