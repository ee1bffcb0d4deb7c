/* SPDX-License-Identifier: Apache-2.0
 *
 * machine_images.c - what is loaded into memory at every reset: segments and files; symbols, and boot information.
 */
#include "fake.h"

#define RAM 0x80000000ull
#define ROM 0x1000ull

static struct rig r;

static void fini(void)
{
    rig_finish(&r);
}

TestSuite(machine_images, .fini = fini, .timeout = 60 * BP_PATIENCE);

static uint8_t *copy_of(const char *text)
{
    return (uint8_t *)strdup(text);
}

static uint32_t word_at(uint64_t pa)
{
    uint32_t word = 0;

    cr_assert_eq(machine_mem_read(r.m, pa, &word, 4), BP_OK);
    return word;
}

/* The guest spoils what was loaded and asks for a reset; then it finds it as it was. */
static uint32_t seen[4], nseen;

static int32_t spoiler(struct fake_cpu *cpu)
{
    if (nseen < 4)
        seen[nseen++] = (uint32_t)fake_load(cpu, RAM);
    fake_store(cpu, RAM, 0);
    fake_store(cpu, RAM + 8, 0xffffffff);
    fake_store(cpu, PAD, 0);
    fake_wait(cpu);
    return BP_RUN_KICKED;
}

static void reset_twice(struct pad *pad, uint64_t addr, uint64_t value)
{
    (void)addr, (void)value;
    pad->machine->power(pad->dev, pad->resets == 3 ? BP_POWER_OFF : BP_POWER_RESET, 0);
}

static uint64_t symbol_in_reset;

static void look_up(struct pad *pad)
{
    cr_assert_eq(pad->machine->symbol(pad->dev, "tohost", &symbol_in_reset), BP_OK);
    cr_assert_eq(pad->machine->symbol(pad->dev, "fromhost", &symbol_in_reset), BP_E_NOENT);
}

Test(machine_images, images_are_loaded_again_at_every_reset)
{
    struct bp_boot boot = {.entry = RAM + 4, .fdt = 0x1234};
    struct fake_cpu *cpu;
    struct machine_stats stats;
    struct bp_accel_counter counter;

    pad_on_write = reset_twice;
    pad_on_reset = look_up;
    fake_board(&r, 1, spoiler);
    rig_core(&r, "ram", "ram", RAM, 0x10000);
    rig_core(&r, "rom", "rom", ROM, 0x1000);
    rig_must_build(&r, 0);
    cr_assert_eq(machine_add_segment(r.m, "a", RAM, copy_of("abcd"), 4, 0x3000), BP_OK);
    cr_assert_eq(machine_add_segment(r.m, "b", ROM, copy_of("boot"), 4, 0), BP_OK);
    cr_assert_eq(machine_add_symbol(r.m, "tohost", 0x80001000), BP_OK);
    for (uint64_t i = 0; i < 100; i++)
        cr_assert_eq(machine_add_symbol(r.m, "filler", i), BP_OK);
    machine_set_boot(r.m, &boot);
    cpu = r.m->vcpus[0].dev->instance;
    cr_assert_eq(machine_run(r.m).end, MACHINE_POWER_OFF);
    cr_assert_eq(nseen, 3);
    for (uint32_t i = 0; i < 3; i++)
        cr_assert_eq(seen[i], 0x64636261);
    cr_assert_eq(word_at(ROM), 0x746f6f62);
    cr_assert_eq(symbol_in_reset, 0x80001000);
    cr_assert_geq(atomic_load(&fake_last->written), 6, "two segments, three times");
    cr_assert(cpu->boots == 3 && cpu->pc == RAM + 4 && cpu->boot.fdt == 0x1234 &&
              cpu->boot.ncpus == 1);
    machine_get_stats(r.m, &stats);
    cr_assert(stats.host_ns >= stats.first_insn_ns && stats.virtual_ns > 0 &&
              stats.virtual_ns <= stats.host_ns);
    cr_assert(machine_counter(r.m, 0, &counter) && counter.value == 42);
    cr_assert_not(machine_counter(r.m, 1, &counter));
}

Test(machine_images, zeroed_memory_is_zeroed_again_and_nothing_behind_it)
{
    uint32_t ones = 0xffffffff;

    fake_board(&r, 0, NULL);
    rig_core(&r, "ram", "ram", RAM, 0x10000);
    rig_must_build(&r, 0);
    for (uint64_t at = RAM; at < RAM + 0x10000; at += 4)
        machine_mem_write(r.m, at, &ones, 4);
    machine_add_segment(r.m, "a", RAM + 0x100, copy_of("abcd"), 4, 0x2f00);
    machine_quit(r.m);
    machine_run(r.m);
    cr_assert_eq(word_at(RAM + 0x100), 0x64636261);
    cr_assert_eq(word_at(RAM + 0x104), 0);
    cr_assert_eq(word_at(RAM + 0x3000), 0);
    cr_assert_eq(word_at(RAM + 0x3004), ones);
    cr_assert_eq(word_at(RAM + 0xfc), ones);
}

/* Images that stay in their files. */
static int image(const char *content, off_t bytes)
{
    char path[] = "/tmp/backplane-image-XXXXXX";
    int fd = mkstemp(path);

    cr_assert(fd >= 0 && !unlink(path));
    cr_assert_eq(write(fd, content, strlen(content)), (ssize_t)strlen(content));
    cr_assert_eq(ftruncate(fd, bytes), 0);
    return fd;
}

Test(machine_images, an_image_in_a_file_is_read_again_at_every_reset)
{
    pad_on_write = reset_twice;
    fake_board(&r, 1, spoiler);
    rig_core(&r, "ram", "ram", RAM, 0x40000);
    rig_must_build(&r, 0);
    /* longer than it is read in one piece, from the middle of the file */
    cr_assert_eq(
        machine_add_file_segment(r.m, "image", RAM, image("headabcd", 0x30000), 4, 0x20000, 8),
        BP_OK);
    cr_assert_eq(machine_run(r.m).end, MACHINE_POWER_OFF);
    cr_assert_eq(nseen, 3);
    cr_assert(seen[0] == 0x64636261 && seen[2] == 0x64636261);
}

Test(machine_images, an_image_that_became_shorter_is_a_failure_with_its_name)
{
    char *log;
    size_t bytes;
    FILE *to = open_memstream(&log, &bytes);

    trace_configure(to, BP_LOG_ERROR, NULL);
    pad_on_write = reset_twice;
    fake_board(&r, 1, spoiler);
    rig_core(&r, "ram", "ram", RAM, 0x10000);
    rig_must_build(&r, 0);
    cr_assert_eq(machine_add_file_segment(r.m, "short.bin", RAM, image("abcd", 0x100), 0, 0x200, 0),
                 BP_OK);
    cr_assert_eq(machine_run(r.m).end, MACHINE_FAILED);
    fflush(to);
    cr_assert(strstr(log, "short.bin: error: cannot be read again (it became shorter)"));
    trace_configure(NULL, BP_LOG_WARN, NULL);
    machine_destroy(r.m);
    r.m = NULL;
    fclose(to);
    free(log);
}
