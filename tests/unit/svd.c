/* SPDX-License-Identifier: Apache-2.0
 *
 * Register descriptions: what becomes of them, and of bad ones. Each file in data/svd/bad has one mistake and says in a comment
 * "expect: LINE: THING: TEXT" how it is reported; blocks are read one after the other.
 */
#include "core/svd/svd.h"

#include <criterion/criterion.h>
#include <dirent.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define DATA  BP_SOURCE_DIR "/tests/unit/data/svd"
#define ACME9 DATA "/acme9.svd"

static struct diag d;
static const struct diag_pos nowhere = {.file = "test"};

static void begin(void)
{
    diag_init(&d);
}

static void end(void)
{
    diag_finish(&d);
}

TestSuite(svd, .init = begin, .fini = end);

static const struct svd_block *block_of(struct svd *svd, const char *name)
{
    const struct svd_block *block;

    cr_assert_not_null(svd);
    block = svd_block(svd, name, nowhere, NULL, &d);
    diag_print(&d, stderr);
    cr_assert_not_null(block, "%s", name);
    cr_assert_eq(d.count, 0);
    return block;
}

static const struct svd_register *reg_of(const struct svd_block *block, const char *name)
{
    const struct svd_register *reg;
    const struct svd_field *field;
    const char *near;

    cr_assert(svd_find(block, name, &reg, &field, &near), "%s", name);
    return reg;
}

static const struct svd_field *field_of(const struct svd_block *block, const char *name)
{
    const struct svd_register *reg;
    const struct svd_field *field;
    const char *near;

    cr_assert(svd_find(block, name, &reg, &field, &near), "%s", name);
    cr_assert_not_null(field, "%s", name);
    return field;
}

/* --- what a description says ------------------------------------------------------------------ */

Test(svd, lists_peripherals)
{
    struct svd *svd = svd_open(ACME9, &d);
    const struct svd_peripheral *list;

    cr_assert_not_null(svd);
    cr_expect_str_eq(svd_device_name(svd), "ACME9");
    cr_expect_str_eq(svd_device_version(svd), "1.4");
    cr_assert_eq(svd_peripherals(svd, &list), 3);
    cr_expect_str_eq(list[0].name, "TIMER0");
    cr_expect_str_eq(list[0].doc, "A timer & a half");
    cr_expect_str_eq(list[0].group, "TIMER");
    cr_expect_str_eq(list[1].derived_from, "TIMER0");
    cr_expect_eq(list[2].base, 0x40020000);
    svd_close(svd);
}

Test(svd, expands_clusters_and_arrays)
{
    static const struct {
        const char *name, *path, *row;
        uint64_t offset;
        uint32_t bytes, index, count, stride, bank;
    } rows[] = {
        {"CR", "CR", "CR", 0, 4, 0, 1, 0, 0},
        {"SR", "SR", "SR", 4, 4, 0, 1, 0, 0},
        {"CNT", "CNT", "CNT", 8, 2, 0, 1, 0, 0},
        {"DATA0", "DATA[0]", "DATA", 0x10, 4, 0, 4, 4, 0},
        {"DATA1", "DATA[1]", "DATA", 0x14, 4, 1, 4, 4, 0},
        {"DATA2", "DATA[2]", "DATA", 0x18, 4, 2, 4, 4, 0},
        {"DATA3", "DATA[3]", "DATA", 0x1c, 4, 3, 4, 4, 0},
        {"OUT_A", "OUT_A", "OUT_A", 0x20, 4, 0, 1, 0, 0},
        {"OUT_B", "OUT_B", "OUT_B", 0x24, 4, 0, 1, 0, 0},
        {"RXD", "RXD", "RXD", 0x30, 4, 0, 1, 0, 0},
        {"TXD", "TXD", "TXD", 0x30, 4, 0, 1, 0, 0},
        {"CCR_OUT", "CCR_OUT", "CCR_OUT", 0x34, 4, 0, 1, 0, 0},
        {"CCR_IN", "CCR_IN", "CCR_IN", 0x34, 2, 0, 1, 0, 1},
        {"CR2", "CR2", "CR2", 0x38, 4, 0, 1, 0, 0},
        {"CH0_LO", "CH[0].LO", "CH_LO", 0x40, 2, 0, 3, 16, 0},
        {"CH0_HI", "CH[0].HI", "CH_HI", 0x42, 1, 0, 3, 16, 0},
        {"CH0_SUB_X", "CH[0].SUB.X", "CH_SUB_X", 0x48, 4, 0, 3, 16, 0},
        {"CH0_SUB_Y0", "CH[0].SUB.Y0", "CH0_SUB_Y", 0x4c, 2, 0, 2, 2, 0},
        {"CH0_SUB_Y1", "CH[0].SUB.Y1", "CH0_SUB_Y", 0x4e, 2, 1, 2, 2, 0},
        {"CH1_LO", "CH[1].LO", "CH_LO", 0x50, 2, 1, 3, 16, 0},
    };
    struct svd *svd = svd_open(ACME9, &d);
    const struct svd_block *block = block_of(svd, "TIMER0");

    cr_expect_eq(block->base, 0x40010000);
    cr_expect_eq(block->bytes, 0x400);
    cr_expect_eq(block->nbanks, 2);
    cr_assert_eq(block->nregisters, 14 + 3 * 5);
    for (uint32_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
        const struct svd_register *reg = &block->registers[i];

        cr_expect_str_eq(reg->name, rows[i].name);
        cr_expect_str_eq(reg->path, rows[i].path);
        cr_expect_str_eq(reg->row, rows[i].row, "%s: %s", reg->name, reg->row);
        cr_expect_eq(reg->offset, rows[i].offset, "%s", reg->name);
        cr_expect_eq(reg->layout->bytes, rows[i].bytes, "%s", reg->name);
        cr_expect_eq(reg->index, rows[i].index, "%s", reg->name);
        cr_expect_eq(reg->count, rows[i].count, "%s", reg->name);
        cr_expect_eq(reg->stride, rows[i].stride, "%s", reg->name);
        cr_expect_eq(reg->bank, rows[i].bank, "%s", reg->name);
        cr_expect_eq(reg->alternate, !strcmp(reg->name, "CCR_IN"), "%s", reg->name);
    }
    cr_assert_eq(block->ninterrupts, 1);
    cr_expect_str_eq(block->interrupts[0].name, "TIMER0");
    cr_expect_eq(block->interrupts[0].value, 7);
    cr_expect_eq(svd_block(svd, "TIMER0", nowhere, NULL, &d), block);
    svd_close(svd);
}

Test(svd, inherits_what_is_not_said)
{
    struct svd *svd = svd_open(ACME9, &d);
    const struct svd_block *block = block_of(svd, "TIMER0");

    cr_expect_eq(reg_of(block, "CR")->layout->reset, 0x10);
    cr_expect_str_eq(reg_of(block, "CR")->layout->doc, "Control, on two lines");
    cr_expect_eq(reg_of(block, "SR")->layout->reset, 0);
    cr_expect_eq(reg_of(block, "DATA[2]")->layout->reset, 0xffff);
    cr_expect_eq(reg_of(block, "DATA2")->layout->reset_mask, 0xffff);
    cr_expect_eq(reg_of(block, "CH1_LO")->layout->reset, 0x55); /* the cluster's */
    cr_expect_eq(reg_of(block, "CH1_LO")->layout->bits, 16);
    cr_expect_eq(reg_of(block, "CH[2].SUB.X")->layout->reset, 0x55);
    cr_expect_eq(reg_of(block, "CH[2].SUB.X")->layout->bits, 32);
    cr_expect_eq(reg_of(block, "CNT")->layout->rules.access, SVD_READ_ONLY);
    cr_expect_eq(reg_of(block, "RXD")->layout->rules.read, SVD_READ_MODIFIES);
    svd_close(svd);
}

Test(svd, reads_fields_and_values)
{
    struct svd *svd = svd_open(ACME9, &d);
    const struct svd_block *block = block_of(svd, "TIMER0");
    const struct svd_field *mode = field_of(block, "CR.MODE"), *field;

    cr_expect_eq(mode->lsb, 4);
    cr_expect_eq(mode->width, 3);
    cr_assert_eq(mode->nvalues, 4);
    cr_expect_str_eq(mode->values[0].name, "Up");
    cr_expect_eq(mode->values[0].usage, SVD_USE_READ);
    cr_expect_eq(mode->values[1].value, 4);
    cr_expect_eq(mode->values[1].care, 5);
    cr_expect(mode->values[2].is_default);
    cr_expect_eq(mode->values[3].value, 7);
    cr_expect_eq(mode->values[3].usage, SVD_USE_WRITE);
    field = field_of(block, "TIMER0.cr.ie"); /* derived from EN; any case, block named or not */
    cr_expect_eq(field->lsb, 1);
    cr_assert_eq(field->nvalues, 2);
    cr_expect_str_eq(field->values[1].name, "On");
    cr_expect_str_eq(field->doc, "Enable");
    for (uint32_t i = 0; i < 4; i++) {
        char name[16];

        snprintf(name, sizeof(name), "CR.CH%" PRIu32, i);
        cr_expect_eq(field_of(block, name)->lsb, 8 + 2 * i);
        cr_expect_eq(field_of(block, name)->width, 2);
    }
    cr_expect_eq(field_of(block, "SR.OVF")->rules.write, SVD_ONE_TO_CLEAR);
    cr_expect_eq(field_of(block, "SR.OVF")->rules.access, SVD_READ_WRITE);
    cr_expect_eq(field_of(block, "SR.CAP")->rules.read, SVD_READ_CLEARS);
    cr_expect_eq(field_of(block, "SR.CAP")->rules.access, SVD_READ_ONLY);
    svd_close(svd);
}

Test(svd, derives_registers_and_peripherals)
{
    struct svd *svd = svd_open(ACME9, &d);
    const struct svd_block *block = block_of(svd, "TIMER1");

    cr_expect_eq(block->base, 0x40011000);
    cr_expect_eq(block->bytes, 0x400);
    cr_expect_str_eq(block->doc, "A timer & a half");
    cr_expect_eq(block->nregisters, 14 + 3 * 5 + 1);
    cr_expect_eq(reg_of(block, "SR")->layout->rules.access,
                 SVD_READ_ONLY); /* its own in the other's place */
    cr_expect_eq(reg_of(block, "SR")->layout->nfields, 0);
    cr_expect_eq(reg_of(block, "CNT")->layout->reset, 3); /* inherits here, not there */
    cr_expect_eq(reg_of(block, "CR2")->layout->nfields, 7);
    cr_expect_eq(reg_of(block, "CR2")->layout->reset, 0x10);
    cr_expect_eq(reg_of(block, "EXTRA")->offset, 0x100);
    cr_expect_eq(reg_of(block, "EXTRA")->count, 1);
    svd_close(svd);
}

Test(svd, says_which_blocks_there_are)
{
    struct svd *svd = svd_open(ACME9, &d);

    cr_assert_not_null(svd);
    cr_expect_null(svd_block(svd, NULL, nowhere, "trng", &d));
    cr_expect_null(svd_block(svd, "TIMER3", nowhere, NULL, &d));
    cr_expect_null(svd_block(svd, "SPI", nowhere, NULL, &d));
    cr_assert_eq(d.count, 3);
    cr_expect_str_eq(d.items[0].thing, "trng");
    cr_expect(strstr(d.items[0].text,
                     "several blocks: write " ACME9 "#BLOCK with one of TIMER0, TIMER1, TRNG"));
    cr_expect(strstr(d.items[1].text, "has no block `TIMER3`; did you mean TIMER0?"), "%s",
              d.items[1].text);
    cr_expect(strstr(d.items[2].text, "has no block `SPI`: it has TIMER0, TIMER1, TRNG"));
    cr_expect_str_eq(svd_block(svd, "trng", nowhere, NULL, &d)->name, "TRNG");
    svd_close(svd);
}

Test(svd, finds_the_nearest_name)
{
    struct svd *svd = svd_open(ACME9, &d);
    const struct svd_block *block = block_of(svd, "TRNG");
    const struct svd_register *reg;
    const struct svd_field *field;
    const char *near;

    cr_expect_not(svd_find(block, "FLAG", &reg, &field, &near));
    cr_expect_str_eq(near, "FLAGS");
    cr_expect_not(svd_find(block, "SR.REDY", &reg, &field, &near));
    cr_expect_str_eq(near, "READY");
    cr_expect_str_eq(reg->name, "SR");
    cr_expect_not(svd_find(block, "", &reg, &field, &near));
    cr_expect_not(svd_find(block, ".", &reg, &field, &near));
    cr_expect_not(svd_find(block, "SR.", &reg, &field, &near));
    svd_close(svd);
}

Test(svd, splits_file_and_block)
{
    static const struct {
        const char *text, *file, *block;
    } rows[] = {{"a.svd#B", "a.svd", "B"},
                {"a.svd", "a.svd", NULL},
                {"a#b#C", "a#b", "C"},
                {"a#", "a", ""}};

    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
        const char *block;
        char *file = svd_split(rows[i].text, &block);

        cr_expect_str_eq(file, rows[i].file);
        if (rows[i].block)
            cr_expect_str_eq(block, rows[i].block);
        else
            cr_expect_null(block);
        free(file);
    }
}

/* --- what is wrong ---------------------------------------------------------------------------- */

static char *read_all(const char *path, size_t *length)
{
    static char bytes[1 << 17];
    FILE *f = fopen(path, "r");

    cr_assert_not_null(f, "%s", path);
    *length = fread(bytes, 1, sizeof(bytes) - 1, f);
    bytes[*length] = '\0';
    fclose(f);
    return bytes;
}

/* Reads everything in a file; it is for the diag to say what was wrong. */
static void read_blocks(const char *bytes, size_t length, const char *name)
{
    struct svd *svd = svd_parse(bytes, length, name, &d);
    const struct svd_peripheral *list;
    size_t count = svd ? svd_peripherals(svd, &list) : 0;

    for (size_t i = 0; i < count; i++) {
        size_t errors = d.errors;
        const struct svd_block *block = svd_block(svd, list[i].name, nowhere, NULL, &d);

        cr_assert_eq(block == NULL, d.errors > errors, "%s: %s", name, list[i].name);
        cr_assert(!block || block->nregisters);
    }
    svd_close(svd);
}

static int is_svd(const struct dirent *entry)
{
    return strstr(entry->d_name, ".svd") != NULL;
}

Test(svd, bad_files)
{
    struct dirent **entries;
    int count = scandir(DATA "/bad", &entries, is_svd, alphasort);

    cr_assert_gt(count, 30);
    for (int i = 0; i < count; i++) {
        char path[512], said[2048], *expected, *end;
        size_t length;

        snprintf(path, sizeof(path), DATA "/bad/%s", entries[i]->d_name);
        read_all(path, &length);
        diag_finish(&d);
        read_blocks(read_all(path, &length), length, "x");
        expected = strstr(read_all(path, &length), "expect: ");
        cr_assert_not_null(expected, "%s says not what to expect", path);
        expected += strlen("expect: ");
        end = strstr(expected, " -->");
        cr_assert_not_null(end);
        *end = '\0';
        cr_assert_gt(d.count, 0, "%s: nothing is wrong with it", path);
        snprintf(said, sizeof(said), "%" PRIu32 ": %s: %s", d.items[0].pos.line,
                 d.items[0].thing ? d.items[0].thing : "-", d.items[0].text);
        cr_expect_str_eq(said, expected, "%s:\nsays  %s\nwants %s", entries[i]->d_name, said,
                         expected);
        cr_expect_eq(d.count, 1, "%s: more than one mistake: %s", entries[i]->d_name,
                     d.count > 1 ? d.items[1].text : "");
        free(entries[i]);
    }
    free(entries);
}

Test(svd, files_that_cannot_be_read)
{
    cr_expect_null(svd_open("/nowhere/x.svd", &d));
    cr_expect_null(svd_open("/", &d));
    cr_expect_null(svd_parse("", 0, "empty", &d));
    cr_assert_eq(d.errors, 3);
    cr_expect(strstr(d.items[0].text, "cannot be read (No such file or directory)"));
    cr_expect(strstr(d.items[1].text, "is no file"));
    cr_expect(strstr(d.items[2].text, "no element found"));
}

/* --- hostile ---------------------------------------------------------------------------------- */

Test(svd, survives_truncation, .timeout = 110 * BP_PATIENCE)
{
    size_t length;
    char *bytes = read_all(ACME9, &length);

    for (size_t i = 0; i < length; i += 3) {
        diag_finish(&d);
        read_blocks(bytes, i, "x");
    }
}

Test(svd, survives_mutation, .timeout = 110 * BP_PATIENCE)
{
    static const char values[] = {0,   '\n', '<', '>', '/', '"', '&', '%',   's',
                                  '0', '9',  'F', '-', '[', ':', '#', '\xff'};
    uint32_t seed = 4711;
    size_t length;
    char *bytes = read_all(ACME9, &length);

    for (int i = 0; i < 4000; i++) {
        char *at, before;

        seed = seed * 1664525 + 1013904223;
        at = &bytes[(seed >> 8) % length];
        before = *at;
        seed = seed * 1664525 + 1013904223;
        *at = values[(seed >> 8) % sizeof(values)];
        diag_finish(&d);
        read_blocks(bytes, length, "x");
        *at = before;
    }
}

/* The text between tags, moved elsewhere: still XML, but other numbers, names and references. */
Test(svd, survives_shuffled_texts, .timeout = 110 * BP_PATIENCE)
{
    struct piece {
        size_t at, length;
    } pieces[2048];
    static char mixed[1 << 17];
    uint32_t seed = 99, count = 0;
    size_t length;
    char *bytes = read_all(ACME9, &length);

    for (char *p = bytes; (p = strchr(p, '>')) && count < 2048; p++) {
        size_t text = strcspn(p + 1, "<");

        if (text && strspn(p + 1, " \n") < text)
            pieces[count++] = (struct piece){(size_t)(p + 1 - bytes), text};
    }
    cr_assert_gt(count, 100);
    for (int i = 0; i < 3000; i++) {
        uint32_t a, b;
        int n;

        seed = seed * 1664525 + 1013904223;
        a = (seed >> 8) % count;
        seed = seed * 1664525 + 1013904223;
        b = (seed >> 8) % count;
        n = snprintf(mixed, sizeof(mixed), "%.*s%.*s%s", (int)pieces[a].at, bytes,
                     (int)pieces[b].length, bytes + pieces[b].at,
                     bytes + pieces[a].at + pieces[a].length);
        diag_finish(&d);
        read_blocks(mixed, (size_t)n, "x");
    }
}

#define HEAD "<device><peripherals><peripheral><name>A</name><baseAddress>0</baseAddress>"
#define TAIL "</peripheral></peripherals></device>"

/* Small files that ask for much: each ends soon, with an error. */
Test(svd, survives_floods, .timeout = 110 * BP_PATIENCE)
{
    static const struct {
        const char *head, *row, *tail;
        int rows;
    } floods[] = {
        /* elements inside of each other */
        {"", "<device>", "", 100000},
        /* a cluster that holds two of itself */
        {HEAD "<registers><cluster><name>C</name><addressOffset>0</addressOffset>",
         "<cluster derivedFrom=\"C\"><name>C%d</name><addressOffset>0</addressOffset></cluster>",
         "</cluster></registers>" TAIL, 2},
        /* arrays of arrays of nothing */
        {HEAD "<registers>",
         "<cluster><name>C%%s</name><dim>65536</dim><dimIncrement>0</dimIncrement><addressOffset>0</addressOffset>",
         "<register><name>R</name><addressOffset>0</addressOffset></register>"
         "</cluster></cluster></cluster></registers>" TAIL,
         3},
        {HEAD "<registers>",
         "<cluster><name>C%%s</name><dim>65536</dim><dimIncrement>0</dimIncrement><addressOffset>0</addressOffset>",
         "</cluster></cluster></cluster></cluster></registers>" TAIL, 4},
        /* everything derived from the one behind it */
        {HEAD "<registers>",
         "<register derivedFrom=\"R%d\"><name>S%1$d</name><addressOffset>0</addressOffset></register>",
         "</registers>" TAIL, 30000},
        /* all at one address */
        {HEAD "<registers>",
         "<register><name>R%d</name><addressOffset>0</addressOffset></register>",
         "</registers>" TAIL, 50000},
        /* one text without an end */
        {HEAD "<description>", "more and more %d ", "</description>" TAIL, 60000},
        {HEAD "<registers><register><name>R</name><addressOffset>0</addressOffset><fields>",
         "<field><name>F%d</name><bitRange>[0:0]</bitRange></field>",
         "</fields></register></registers>" TAIL, 50000},
    };

    for (size_t i = 0; i < sizeof(floods) / sizeof(*floods); i++) {
        char *bytes = NULL;
        size_t length = 0;
        FILE *f = open_memstream(&bytes, &length);

        cr_assert_not_null(f);
        fputs(floods[i].head, f);
        for (int k = 0; k < floods[i].rows; k++)
            fprintf(f, floods[i].row, k);
        fputs(floods[i].tail, f);
        fclose(f);
        diag_finish(&d);
        read_blocks(bytes, length, "x");
        cr_expect_gt(d.errors, 0, "flood %zu", i);
        cr_expect_lt(d.count, 200, "flood %zu", i);
        free(bytes);
    }
}
