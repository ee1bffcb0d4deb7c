/* SPDX-License-Identifier: Apache-2.0
 *
 * machine.c - building a machine and taking it apart: properties, references, failures in every place.
 */
#include "fake.h"

static struct rig r;

static void fini(void)
{
    rig_finish(&r);
}

TestSuite(machine, .fini = fini, .timeout = 60 * BP_PATIENCE);

/* --- properties ------------------------------------------------------------------------------------------------- */

struct kit {
    uint8_t flag, u8;
    uint16_t u16;
    uint32_t u32, choice;
    uint64_t u64, size;
    int64_t i64;
    double f64;
    const char *text;
    struct bp_bytes bytes;
    struct bp_ref ref, none;
    struct bp_list numbers, texts, refs, empty;
    uint64_t after; /* nothing is written here */
    uint32_t id;
};

#define ROW(NAME, TYPE, FIELD, ...)                                                                \
    {                                                                                              \
        .name = NAME, .type = TYPE, .offset = BP_OFFSET(struct kit, FIELD), __VA_ARGS__            \
    }

static const struct bp_prop kit_props[] = {
    ROW("flag", BP_PROP_BOOL, flag),
    ROW("u8", BP_PROP_U8, u8),
    ROW("u16", BP_PROP_U16, u16),
    ROW("u32", BP_PROP_U32, u32),
    ROW("u64", BP_PROP_U64, u64),
    ROW("i64", BP_PROP_I64, i64),
    ROW("f64", BP_PROP_F64, f64),
    ROW("text", BP_PROP_STR, text),
    ROW("bytes", BP_PROP_BYTES, bytes),
    ROW("choice", BP_PROP_ENUM, choice, .choices = (const char *const[]){"a", "b", NULL}),
    ROW("size", BP_PROP_SIZE, size),
    ROW("ref", BP_PROP_REF, ref, .ref_iface = "test.cpu/1"),
    ROW("none", BP_PROP_REF, none),
    ROW("numbers", BP_PROP_LIST, numbers, .element = BP_PROP_U16),
    ROW("texts", BP_PROP_LIST, texts, .element = BP_PROP_STR),
    ROW("refs", BP_PROP_LIST, refs, .element = BP_PROP_REF),
    ROW("empty", BP_PROP_LIST, empty, .element = BP_PROP_U64),
};

static int32_t (*kit_on_init)(struct kit *kit, struct bp_dev *dev, const struct bp_core *core);
static char kit_life[64]; /* i1 i2 f2 f1 */

static void note(char what, uint32_t id)
{
    size_t n = strlen(kit_life);

    if (n + 3 < sizeof(kit_life))
        snprintf(kit_life + n, sizeof(kit_life) - n, "%c%u", what, id);
}

static int32_t kit_init(void *self, struct bp_dev *dev, const struct bp_core *core)
{
    struct kit *kit = self;

    kit->id = kit->u8;
    note('i', kit->id);
    return kit_on_init ? kit_on_init(kit, dev, core) : BP_OK;
}

static void kit_finish(void *self)
{
    note('f', ((struct kit *)self)->id);
}

static const struct bp_device_class kit_class = {.size = sizeof(kit_class),
                                                 .instance_size = sizeof(struct kit),
                                                 .instance_align = 64,
                                                 .name = "kit",
                                                 .props = BP_ARRAY(kit_props),
                                                 .init = kit_init,
                                                 .finish = kit_finish};

static int32_t idle(struct fake_cpu *cpu)
{
    fake_wait(cpu);
    return BP_RUN_KICKED;
}

Test(machine, properties_are_in_the_instance_before_init)
{
    struct graph_value numbers[] = {{.type = BP_PROP_U16, .u = 1},
                                    {.type = BP_PROP_U16, .u = 0xffff}};
    struct graph_value texts[] = {{.type = BP_PROP_STR, .s = (char *)"x"},
                                  {.type = BP_PROP_STR, .s = (char *)"yy"}};
    struct graph_node *node, *cpu;
    struct graph_value refs[2];
    struct kit *kit;

    fake_program = idle;
    rig_init(&r);
    rig_accel(&r, &fake_accel_class);
    node = rig_device(&r, "kit", &kit_class, 0, 0);
    cpu = rig_cpu(&r, "cpu", &fake_cpu_class); /* behind the one that refers to it */
    rig_value(cpu, "tag")->u = 77;
    rig_value(node, "flag")->u = 1;
    rig_value(node, "u8")->u = 0x12;
    rig_value(node, "u16")->u = 0x1234;
    rig_value(node, "u32")->u = 0x12345678;
    rig_value(node, "u64")->u = 0x123456789abcdef0;
    rig_value(node, "i64")->i = -5;
    rig_value(node, "f64")->f = 1.5;
    rig_value(node, "text")->s = (char *)"hello";
    rig_value(node, "bytes")->bytes.data = (uint8_t *)(char *)"\1\2\3";
    rig_value(node, "bytes")->bytes.size = 3;
    rig_value(node, "choice")->u = 1;
    rig_value(node, "size")->u = 4096;
    rig_value(node, "ref")->ref = cpu;
    rig_value(node, "numbers")->list.items = numbers;
    rig_value(node, "numbers")->list.count = 2;
    rig_value(node, "texts")->list.items = texts;
    rig_value(node, "texts")->list.count = 2;
    refs[0] = (struct graph_value){.type = BP_PROP_REF, .ref = cpu};
    refs[1] = (struct graph_value){.type = BP_PROP_REF, .ref = node};
    rig_value(node, "refs")->list.items = refs;
    rig_value(node, "refs")->list.count = 2;
    rig_must_build(&r, 0);

    kit = rig_self(&r, node);
    cr_assert_eq((uintptr_t)kit % 64, 0);
    cr_assert_eq(kit->id, 0x12, "was there in init()");
    cr_assert(kit->flag == 1 && kit->u16 == 0x1234 && kit->u32 == 0x12345678 &&
              kit->u64 == 0x123456789abcdef0);
    cr_assert(kit->i64 == -5 && kit->f64 == 1.5 && !strcmp(kit->text, "hello"));
    cr_assert(kit->bytes.size == 3 && kit->bytes.data[2] == 3);
    cr_assert(kit->choice == 1 && kit->size == 4096 && kit->after == 0);
    cr_assert_eq(kit->ref.self, rig_self(&r, cpu), "a CPU's `self` is its state block");
    cr_assert_eq(((struct fake_cpu *)kit->ref.self)->tag, 77);
    cr_assert_eq(*(const uint32_t *)kit->ref.iface, 0xc0de);
    cr_assert(!strcmp(kit->ref.path, "cpu") && machine_node(kit->ref.dev) == cpu);
    cr_assert(!kit->none.self && !kit->none.dev);
    cr_assert(kit->numbers.count == 2 && kit->numbers.stride == 2);
    cr_assert_eq(((const uint16_t *)kit->numbers.items)[1], 0xffff);
    cr_assert_str_eq(((const char *const *)kit->texts.items)[1], "yy");
    cr_assert_eq(((const struct bp_ref *)kit->refs.items)[1].self, kit);
    cr_assert_null(((const struct bp_ref *)kit->refs.items)[0].iface, "no interface was asked for");
    cr_assert_eq(kit->empty.count, 0);
}

/* --- failures ----------------------------------------------------------------------------------------------------- */

static int32_t fail_second(struct kit *kit, struct bp_dev *dev, const struct bp_core *core)
{
    const struct bp_error_api *error = core->get(core, BP_ERROR_ID);

    if (kit->id != 2)
        return BP_OK;
    error->set(dev, NULL, "first thoughts");
    error->set(dev, "u16", "is odd: make it even");
    return BP_E_INVAL;
}

Test(machine, a_device_that_fails_is_reported_where_its_property_stands)
{
    struct graph_node *node[3];

    kit_on_init = fail_second;
    rig_init(&r);
    node[0] = rig_device(&r, "one", &kit_class, 0, 0);
    node[1] = rig_device(&r, "two", &kit_class, 0, 0);
    node[2] = rig_device(&r, "three", &kit_class, 0, 0);
    for (uint64_t i = 0; i < 3; i++)
        rig_value(node[i], "u8")->u = i + 1;
    rig_value(node[1], "u16")->u = 3;
    cr_assert_not(rig_build(&r, MACHINE_NO_BACKENDS));
    cr_assert_eq(r.diag.errors, 1);
    cr_assert(rig_complains(&r, "two.u16", "is odd: make it even"));
    cr_assert_eq(r.diag.items[0].pos.line, 2);
    cr_assert_eq(r.diag.items[0].pos.column, 12, "of the property, not of the node");
    cr_assert_str_eq(kit_life, "i1i2i3f3f2f1", "all that began is ended, in reverse");
}

static int32_t fail_silently(struct kit *kit, struct bp_dev *dev, const struct bp_core *core)
{
    (void)kit, (void)dev, (void)core;
    return BP_E_IO;
}

Test(machine, a_device_that_fails_without_a_word_is_reported_at_its_node)
{
    kit_on_init = fail_silently;
    rig_init(&r);
    rig_device(&r, "one", &kit_class, 0, 0);
    rig_device(&r, "two", &kit_class, 0, 0);
    cr_assert_not(rig_build(&r, MACHINE_NO_BACKENDS));
    cr_assert_eq(r.diag.errors, 2, "every one of them");
    cr_assert(rig_complains(&r, "one", "init() fails and does not say why"));
    cr_assert(rig_complains(&r, "one", "BP_E_IO: the host's file, socket or device failed"));
    cr_assert(rig_complains(&r, "one", "look for its messages, or ask its author"));
}

Test(machine, a_cpu_that_the_accelerator_refuses_is_reported_with_its_reason)
{
    fake_refuses = "cannot run this CPU: take another";
    fake_board(&r, 3, idle);
    cr_assert_not(rig_build(&r, 0));
    cr_assert(rig_complains(&r, "cpu0", "cannot run this CPU"));
}

Test(machine, a_cpu_that_the_accelerator_refuses_without_a_word_is_reported_with_a_cure)
{
    fake_refuses = "";
    fake_board(&r, 3, idle);
    cr_assert_not(rig_build(&r, 0));
    cr_assert(rig_complains(&r, "cpu0", "the accelerator makes no vCPU for it"));
    cr_assert(rig_complains(&r, "cpu0", "BP_E_UNSUPPORTED: not offered by this plug-in"));
    cr_assert(rig_complains(&r, "cpu0", "choose another with --accel"));
}

static int32_t no_probe(const struct bp_core *core, char *why, uint32_t room)
{
    (void)core;
    snprintf(why, room, "no such unit in this host");
    return BP_E_UNSUPPORTED;
}

Test(machine, the_first_accelerator_that_runs_here_is_taken)
{
    static struct bp_accel_class picky;
    char *text = NULL;
    size_t length;
    FILE *out = open_memstream(&text, &length);

    trace_configure(out, BP_LOG_INFO, NULL);
    picky = fake_accel_class;
    picky.name = "picky";
    picky.probe = no_probe;
    fake_program = idle;
    rig_init(&r);
    rig_cpu(&r, "cpu", &fake_cpu_class);
    rig_accel(&r, &picky);
    rig_accel(&r, &fake_accel_class);
    rig_must_build(&r, 0);
    cr_assert_str_eq(machine_accel_name(r.m), "fake");
    trace_configure(NULL, BP_LOG_WARN, NULL);
    fclose(out);
    cr_expect_not_null(strstr(text, "fake: info: runs the machine; passed over:"), "%s", text);
    cr_expect_not_null(strstr(text, "picky: no such unit in this host"), "%s", text);
    free(text);
}

Test(machine, no_accelerator_that_runs_here_is_an_error_that_says_why)
{
    static struct bp_accel_class picky;

    picky = fake_accel_class;
    picky.name = "picky";
    picky.probe = no_probe;
    rig_init(&r);
    rig_accel(&r, &picky);
    cr_assert_not(rig_build(&r, 0));
    cr_assert(rig_complains(&r, "accel", "picky: no such unit in this host"));
}

Test(machine, ram_that_no_host_has_is_an_error)
{
    rig_init(&r);
    rig_core(&r, "ram", "ram", 0, UINT64_C(1) << 60);
    cr_assert_not(rig_build(&r, MACHINE_NO_BACKENDS));
    cr_assert(rig_complains(&r, "ram", "no memory left"));
}

Test(machine, nothing_is_a_machine_as_well)
{
    rig_init(&r);
    rig_must_build(&r, MACHINE_NO_BACKENDS);
    machine_destroy(NULL);
}

/* --- without back ends ------------------------------------------------------------------------------------------------ */

Test(machine, without_back_ends_nodes_are_there_and_cpus_are_not_started)
{
    struct graph_node *pad = fake_board(&r, 2, idle);
    struct pad *self;

    rig_attach(&r, pad, "chardev", "nobody");
    rig_must_build(&r, MACHINE_NO_BACKENDS);
    self = rig_self(&r, pad);
    cr_assert_not_null(self->timer[0], "init() ran");
    cr_assert_eq(self->chars->attached(self->chardev), 0);
    cr_assert_eq(self->chars->write(self->chardev, "x", 1), 1);
    cr_assert_eq(machine_cpus(r.m), 2);
    cr_assert_not_null(machine_instance(r.m, r.graph.nodes[1]), "for the device tree");
    cr_assert_eq(machine_boot_blob(r.m, NULL, NULL, 0), 0);
    cr_assert_str_eq(machine_accel_name(r.m), "");
    cr_assert_eq(machine_dev(r.m, pad)->node, pad);
}

/* --- the end of everything --------------------------------------------------------------------------------------------- */

Test(machine, every_instance_is_finished_once)
{
    struct fake_cpu *cpu;
    struct pad *self;
    struct graph_node *pad = fake_board(&r, 2, idle);

    rig_must_build(&r, 0);
    cpu = r.m->vcpus[1].dev->instance;
    self = rig_self(&r, pad);
    cr_assert(cpu->finished == 0 && self->finished == 0);
    cr_assert_eq(fake_last->vcpus, 2);
    machine_quit(r.m);
    machine_run(r.m);
    cr_assert_eq(self->finished, 0, "not by the end of a run");
    cr_assert(!strcmp(machine_graph(r.m)->name, "rig"));
}

Test(machine, every_interface_of_the_headers_is_offered)
{
    static const char *const ids[] = {BP_LINE_ID,         BP_TIMER_ID,    BP_CLOCK_ID,  BP_DMA_ID,
                                      BP_MEM_ID,          BP_MACHINE_ID,  BP_CHAR_ID,   BP_BLOCK_ID,
                                      BP_BACKEND_HOST_ID, BP_LOOP_ID,     BP_THREAD_ID, BP_TRACE_ID,
                                      BP_ERROR_ID,        BP_VCPU_HOST_ID};

    rig_init(&r);
    rig_must_build(&r, MACHINE_NO_BACKENDS);
    for (size_t i = 0; i < sizeof(ids) / sizeof(*ids); i++)
        cr_assert_not_null(r.m->core.get(&r.m->core, ids[i]), "%s", ids[i]);
    cr_assert_null(r.m->core.get(&r.m->core, "bp.line/2"));
    cr_assert_null(r.m->core.get(&r.m->core, ""));
}
