/* SPDX-License-Identifier: Apache-2.0
 *
 * What is made of register descriptions: rows of register tables, C source that a compiler takes whatever the description says, and
 * differences.
 */
#include "core/svd/diff.h"
#include "core/svd/rules.h"
#include "core/svd/source.h"

#include <criterion/criterion.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

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

TestSuite(svd_source, .init = begin, .fini = end);

#define HEAD                                                                                       \
    "<device><name>D</name><peripherals><peripheral><name>P</name><baseAddress>0</baseAddress>"
#define TAIL "</peripheral></peripherals></device>"

static const struct svd_block *block_of(const char *text, struct svd **svd)
{
    const struct svd_block *block;

    *svd = svd_parse(text, strlen(text), "x.svd", &d);
    cr_assert_not_null(*svd);
    block = svd_block(*svd, NULL, nowhere, NULL, &d);
    diag_print(&d, stderr);
    cr_assert_not_null(block);
    return block;
}

/* --- rules ------------------------------------------------------------------------------------ */

#define FIELD(bits, more)                                                                          \
    "<field><name>F" bits "</name><bitRange>[" bits "]</bitRange>" more "</field>"
#define RO           "<access>read-only</access>"
#define WO           "<access>write-only</access>"
#define WRITES(word) "<modifiedWriteValues>" word "</modifiedWriteValues>"
#define READS(word)  "<readAction>" word "</readAction>"

Test(svd_source, rules_become_rows)
{
    static const struct {
        const char *more, *fields;
        uint32_t access;
        uint64_t write_mask;
        struct bp_reg_bits bits[4];
    } rows[] = {
        {"", "", BP_REG_RW, 0, {{0}}},
        {RO, "", BP_REG_RO, 0, {{0}}},
        {WO, "", BP_REG_WO, 0, {{0}}},
        {"<access>writeOnce</access>", "", BP_REG_WO, 0, {{0}}},
        {WRITES("oneToClear"), "", BP_REG_W1C, 0, {{0}}},
        {WRITES("zeroToToggle"), "", BP_REG_W0T, 0, {{0}}},
        {WRITES("set"), "", BP_REG_WS, 0, {{0}}},
        {RO READS("clear"), "", BP_REG_RC, 0, {{0}}},
        {READS("clear"), "", BP_REG_RO, 0, {{0xffffffff, BP_REG_RW, BP_READ_CLEARS}}},
        {RO READS("set"), "", BP_REG_RO, 0, {{0xffffffff, BP_REG_RO, BP_READ_SETS}}},
        {RO READS("modify"), "", BP_REG_RO, 0, {{0}}},
        {"<size>8</size>", "", BP_REG_RW, 0, {{0}}},
        {"<size>12</size>", "", BP_REG_RW, 0xfff, {{0}}},
        /* reserved bits do not change, and fields inherit from the register */
        {"", FIELD("3:0", ""), BP_REG_RW, 0xf, {{0}}},
        {WRITES("oneToSet"), FIELD("3:0", ""), BP_REG_W1S, 0xf, {{0}}},
        {"", FIELD("3:0", RO), BP_REG_RO, 0, {{0}}},
        {"", FIELD("3:0", "") FIELD("7:4", RO), BP_REG_RW, 0xf, {{0}}},
        {"", FIELD("3:0", WRITES("oneToClear")) FIELD("7:4", RO), BP_REG_W1C, 0xf, {{0}}},
        {"",
         FIELD("3:0", WRITES("oneToClear")) FIELD("7:4", "") FIELD("11:8", RO READS("clear"))
             FIELD("12:12", WO),
         BP_REG_RW,
         0x10ff,
         {{0xf, BP_REG_W1C, 0}, {0xf00, BP_REG_RO, BP_READ_CLEARS}, {0x1000, BP_REG_WO, 0}}},
        {"",
         FIELD("3:0", WRITES("oneToClear")) FIELD("7:4", WRITES("oneToSet")),
         BP_REG_RO,
         0xff,
         {{0xf, BP_REG_W1C, 0}, {0xf0, BP_REG_W1S, 0}}},
        /* one to read and one to write at the same bits; reading shows the reset value of bits beside a write-only field */
        {"",
         FIELD("7:0", RO) "<field><name>W</name><bitRange>[7:0]</bitRange>" WO "</field>",
         BP_REG_RW,
         0xff,
         {{0}}},
        {"<resetValue>0x100</resetValue>", FIELD("3:0", WO), BP_REG_RO, 0xf, {{0xf, BP_REG_WO, 0}}},
        {"<resetValue>0x5</resetValue>", FIELD("3:0", WO), BP_REG_WO, 0xf, {{0}}},
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
        char text[4096];
        uint32_t count = 0;
        struct svd_row row;
        struct svd *svd;

        snprintf(
            text, sizeof(text),
            HEAD
            "<registers><register><name>R</name><addressOffset>0</addressOffset>%s<fields>%s</fields>"
            "</register></registers>" TAIL,
            rows[i].more, rows[i].fields);
        svd_make_row(block_of(text, &svd)->registers[0].layout, &row);
        cr_expect_eq(row.access, rows[i].access, "row %zu: access %" PRIu32, i, row.access);
        cr_expect_eq(row.write_mask, rows[i].write_mask, "row %zu: mask %" PRIx64, i,
                     row.write_mask);
        while (rows[i].bits[count].mask)
            count++;
        cr_assert_eq(row.nbits, count, "row %zu: %" PRIu32 " rules", i, row.nbits);
        for (uint32_t k = 0; k < count; k++) {
            cr_expect_eq(row.bits[k].mask, rows[i].bits[k].mask, "row %zu.%" PRIu32, i, k);
            cr_expect_eq(row.bits[k].access, rows[i].bits[k].access, "row %zu.%" PRIu32, i, k);
            cr_expect_eq(row.bits[k].read, rows[i].bits[k].read, "row %zu.%" PRIu32, i, k);
        }
        cr_expect_eq(row.bits[row.nbits].mask, 0);
        svd_close(svd);
    }
}

/* --- source ----------------------------------------------------------------------------------- */

static void write_file(const char *name, const char *text)
{
    FILE *f = fopen(name, "w");

    cr_assert(f && text);
    fputs(text, f);
    fclose(f);
}

/* Names and texts that mean something in C, and names that are the same in it. */
Test(svd_source, a_compiler_takes_what_any_description_gives)
{
    static const char description[] = HEAD
        "<description>\"quoted\\\" */ /* \?\?/ %s\n</description><interrupt><name>9 to 5</name><value>1</value></interrupt>"
        "<interrupt><name>*/</name><value>2</value></interrupt><registers>"
        "<register><name>int</name><description>a \"b\\\" \?\?/ */ \xc3\xa4</description>"
        "<addressOffset>0</addressOffset><size>64</size></register>"
        "<register><name>3rd</name><addressOffset>8</addressOffset><access>read-only</access><readAction>modify</readAction>"
        "<fields><field><name>a b</name><bitRange>[7:0]</bitRange><enumeratedValues>"
        "<enumeratedValue><name>+</name><value>1</value></enumeratedValue>"
        "<enumeratedValue><name>-</name><value>2</value></enumeratedValue>"
        "<enumeratedValue><name>LSB</name><value>3</value></enumeratedValue></enumeratedValues></field>"
        "<field><name>a_b</name><bitRange>[8:8]</bitRange></field></fields></register>"
        "<register><name>cr</name><addressOffset>12</addressOffset></register>"
        "<register><name>CR</name><addressOffset>12</addressOffset></register>"
        "<register><name>CR_ON_READ</name><addressOffset>16</addressOffset></register>"
        "<register><name>Cr_EN</name><addressOffset>20</addressOffset></register>"
        "<register><name>D%s</name><dim>3</dim><dimIncrement>8</dimIncrement><addressOffset>32</addressOffset></register>"
        "</registers>" TAIL;
    char folder[] = "/tmp/backplane-test-XXXXXX", command[512];
    const struct svd_source s = {"d", "d", "D", "x */ y.svd#P", "D */", "1*/2"};
    char *header, *table, *hooks, *ports, *lines;
    const struct svd_block *block;
    struct svd *svd;
    FILE *f;

    /* `a b` and `a_b` are one name in C; the reader says so. */
    char *fixed = strdup(description);
    svd = svd_parse(description, strlen(description), "x.svd", &d);
    cr_assert_null(svd_block(svd, NULL, nowhere, NULL, &d));
    cr_assert(strstr(d.items[d.count - 1].text, "two fields called a_b"));
    svd_close(svd);
    strstr(fixed, "<name>a_b")[6] = 'c';
    diag_finish(&d);
    block = block_of(fixed, &svd);
    cr_assert(svd_source_check(block, "x.svd", &d));
    header = svd_source_header(block, &s);
    table = svd_source_table(block, &s);
    hooks = svd_source_hooks(block, &s);
    ports = svd_source_ports(block, &s);
    lines = svd_source_lines(block);
    cr_assert(header && table && hooks && ports && lines);
    cr_expect(!strncmp(header, SVD_GENERATED, strlen(SVD_GENERATED)));
    cr_expect(!strncmp(table, SVD_GENERATED, strlen(SVD_GENERATED)));
    cr_assert(mkdtemp(folder));
    cr_assert_eq(chdir(folder), 0);
    write_file("d-regs.h", header);
    write_file("d-regs.inc", table);
    f = fopen("d.c", "w");
    fprintf(
        f,
        "#include <backplane/device.h>\n#include <backplane/util/bytes.h>\n#include \"d-regs.h\"\n"
        "struct d {\n    struct d_regs regs;\n%s};\n%s#include \"d-regs.inc\"\n%s"
        "int main(void)\n{\n"
        "    return !(sizeof(d_table) / sizeof(*d_table) == 7 && sizeof(ports) / sizeof(*ports) == 2 && bank(0) == 0 &&\n"
        "             D_D(2) == 48 && d_table[1].on_read && d_table[2].banks == 1 && d_table[3].banks == 2 && D_CR == 12);\n"
        "}\n",
        lines, hooks, ports);
    fclose(f);
    snprintf(
        command, sizeof(command),
        "cc -std=c11 -Wall -Wextra -Wno-unused-parameter -Werror -pedantic -I%s/sdk/include d.c -o d && ./d",
        BP_SOURCE_DIR);
    cr_expect_eq(system(command), 0);
    snprintf(command, sizeof(command), "rm -rf '%s'", folder);
    cr_expect_eq(system(command), 0);
    free(header);
    free(table);
    free(hooks);
    free(ports);
    free(lines);
    free(fixed);
    svd_close(svd);
}

Test(svd_source, a_register_off_its_size_is_refused)
{
    struct svd *svd;
    const struct svd_block *block = block_of(
        HEAD
        "<registers>\n<register><name>R</name><addressOffset>2</addressOffset></register></registers>" TAIL,
        &svd);

    cr_expect_not(svd_source_check(block, "x.svd", &d));
    cr_assert_eq(d.errors, 1);
    cr_expect_eq(d.items[0].pos.line, 2);
    cr_expect(strstr(d.items[0].text, "4 bytes at offset 0x2"));
    svd_close(svd);
}

/* --- differences ------------------------------------------------------------------------------ */

static char changes[4096];

static void note(void *ctx, const struct svd_change *c)
{
    size_t length = strlen(changes);

    (void)ctx;
    snprintf(changes + length, sizeof(changes) - length, "%c %s %s: %s > %s\n", c->sign, c->what,
             c->property ? c->property : "-", c->before ? c->before : "-",
             c->after ? c->after : "-");
}

#define REG(name, offset, more)                                                                    \
    "<register><name>" name "</name><addressOffset>" offset "</addressOffset>" more "</register>"

Test(svd_source, tells_what_a_new_description_changes)
{
    static const char old[] = HEAD
        "<interrupt><name>I</name><value>1</value></interrupt><interrupt><name>J</name><value>2</value></interrupt><registers>" REG(
            "A", "0",
            "<resetValue>1</resetValue><fields>" FIELD("0:0", "") FIELD(
                "1:1",
                RO) "<field><name>M</name><bitRange>[5:4]</bitRange><enumeratedValues>"
                    "<enumeratedValue><name>X</name><value>0</value></enumeratedValue>"
                    "<enumeratedValue><name>Y</name><value>1</value></enumeratedValue></enumeratedValues></field></fields>")
            REG("B", "4", "<description>old</description>") REG("C", "8", "")
                REG("D%s", "16", "<dim>2</dim><dimIncrement>4</dimIncrement>") "</registers>" TAIL;
    static const char new[] = HEAD
        "<interrupt><name>I</name><value>3</value></interrupt><interrupt><name>K</name><value>2</value></interrupt><registers>" REG(
            "A", "0",
            "<resetValue>2</resetValue><fields>" FIELD(
                "0:0",
                WRITES(
                    "oneToClear")) "<field><name>M</name><bitRange>[6:4]</bitRange><enumeratedValues>"
                                   "<enumeratedValue><name>X</name><value>4</value></enumeratedValue>"
                                   "<enumeratedValue><name>Z</name><isDefault>true</isDefault></enumeratedValue></enumeratedValues></field></fields>")
            REG("B", "12", "<description>new</description><size>16</size>") REG("E", "8", RO)
                REG("D%s", "16", "<dim>4</dim><dimIncrement>4</dimIncrement>") "</registers>" TAIL;
    struct svd *svds[2];
    const struct svd_block *before = block_of(old, &svds[0]), *after = block_of(new, &svds[1]);

    changes[0] = '\0';
    cr_expect_eq(svd_diff_blocks(before, before, note, NULL), 0);
    cr_expect_str_eq(changes, "");
    cr_expect_eq(svd_diff_blocks(before, after, note, NULL), 18);
    cr_expect_str_eq(changes, "~ P bytes: 0x18 > 0x20\n"
                              "~ P interrupt I number: 1 > 3\n"
                              "- P interrupt J -: 2 > -\n"
                              "+ P interrupt K -: - > 2\n"
                              "~ P.A reset: 0x1 > 0x2\n"
                              "~ P.A.F0_0 modifiedWriteValues: - > oneToClear\n"
                              "- P.A.F1_1 -: bit 1, read-only > -\n"
                              "~ P.A.M bits: 5:4 > 6:4\n"
                              "~ P.A.M.X value: 0x0 > 0x4\n"
                              "- P.A.M.Y -: 0x1 > -\n"
                              "+ P.A.M.Z -: - > all others\n"
                              "~ P.B offset: 0x4 > 0xc\n"
                              "~ P.B bits: 32 > 16\n"
                              "~ P.B reset mask: 0xffffffff > 0xffff\n"
                              "~ P.B description: old > new\n"
                              "- P.C -: offset 0x8, 32 bit, read-write > -\n"
                              "~ P.D elements: 2 > 4\n"
                              "+ P.E -: - > offset 0x8, 32 bit, read-only\n");
    svd_close(svds[0]);
    svd_close(svds[1]);
}

/* --- what software may write ------------------------------------------------------------------ */

#define LIMIT(content)  "<writeConstraint>" content "</writeConstraint>"
#define RANGE(min, max) LIMIT("<range><minimum>" min "</minimum><maximum>" max "</maximum></range>")

Test(svd_source, constraints_become_limits)
{
    static const char first[] = HEAD "<registers>" REG(
        "A", "0",
        "<fields>" FIELD("3:0", RANGE("2", "0x9")) FIELD("7:4", RANGE("0", "4294967295"))
            FIELD("11:8", RANGE("0", "15")) FIELD("15:12", LIMIT("<writeAsRead>true</writeAsRead>"))
                FIELD("19:16", LIMIT("<useEnumeratedValues>true</useEnumeratedValues>"))
                    FIELD("23:20", LIMIT("<writeAsRead>false</writeAsRead>"))
                        FIELD("27:24", RANGE("1", "99")) "</fields>")
        REG("B", "4", RANGE("1", "1000")) "</registers>" TAIL;
    static const char second[] = HEAD "<registers>" REG(
        "A", "0",
        "<fields>" FIELD("3:0", RANGE("2", "7")) FIELD("7:4", "") FIELD("11:8", "")
            FIELD("15:12", LIMIT("<useEnumeratedValues>true</useEnumeratedValues>"))
                FIELD("19:16", "") FIELD("23:20", "") FIELD("27:24", RANGE("1", "15")) "</fields>")
        REG("B", "4", "") "</registers>" TAIL;
    const struct svd_source s = {"d", "d", "D", "x.svd#P", "D", "1"};
    struct svd *svds[2];
    const struct svd_block *before = block_of(first, &svds[0]), *after = block_of(second, &svds[1]);
    char *header = svd_source_header(before, &s);

    cr_assert_not_null(header);
    cr_expect(strstr(header, "#define D_A_F3_0_MIN 0x2u\n#define D_A_F3_0_MAX 0x9u\n"));
    cr_expect(strstr(header, "#define D_A_F27_24_MIN 0x1u\n#define D_A_F27_24_MAX 0xfu\n"));
    cr_expect(strstr(header, "#define D_B_MIN 0x1u\n#define D_B_MAX 0x3e8u\n"));
    cr_expect_null(strstr(header, "D_A_F7_4_M"), "the whole field is no limit");
    cr_expect_null(strstr(header, "D_A_F11_8_M"));
    cr_expect_null(strstr(header, "D_A_F15_12_M"));
    changes[0] = '\0';
    cr_expect_eq(svd_diff_blocks(before, after, note, NULL), 4);
    cr_expect_str_eq(changes, "~ P.A.F3_0 writeConstraint: 2 to 9 > 2 to 7\n"
                              "~ P.A.F15_12 writeConstraint: writeAsRead > useEnumeratedValues\n"
                              "~ P.A.F19_16 writeConstraint: useEnumeratedValues > -\n"
                              "~ P.B writeConstraint: 1 to 1000 > -\n");
    free(header);
    svd_close(svds[0]);
    svd_close(svds[1]);
}
