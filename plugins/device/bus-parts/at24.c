/* SPDX-License-Identifier: Apache-2.0
 *
 * at24: serial EEPROMs of the 24Cxx family on I2C.
 *
 * Sources: Microchip (Atmel) data sheets AT24C01D/02D (DS20006115), AT24C04D/08D (DS20006127), AT24C16D (DS20005858),
 * AT24C32E/64D, AT24C128C/256C (DS20006042), AT24C512C, AT24CM01 (DS20005932) and AT24CM02; sections cited are
 * those of the AT24C256C: 6 device addressing, 7 write operations, 8 read operations.
 *
 * Which address bits travel in the device address, in how many bytes the others follow, how long a page is and how long
 * a write takes is all that tells the members apart: a table.
 */
#include "medium.h"
#include "parts.h"

#include <backplane/fdt.h>
#include <backplane/i2c.h>
#include <backplane/props.h>
#include <backplane/state.h>
#include <backplane/time.h>
#include <backplane/util/ifaces.h>

#define MAX_BYTES (256u << 10)
#define MAX_PAGE  256u
#define MS        1000000ull

struct model {
    const char *name;
    uint32_t bytes, page;
    uint32_t address_bytes; /* that follow the device address; further bits are in it */
    uint64_t write_ns;      /* tWR, the maximum */
    const char *compatible; /* binding eeprom/at24.yaml */
};

static const struct model models[] = {
    {"24c01", 128, 8, 1, 5 * MS, "atmel,24c01"},
    {"24c02", 256, 8, 1, 5 * MS, "atmel,24c02"},
    {"24c04", 512, 16, 1, 5 * MS, "atmel,24c04"},
    {"24c08", 1024, 16, 1, 5 * MS, "atmel,24c08"},
    {"24c16", 2048, 16, 1, 5 * MS, "atmel,24c16"},
    {"24c32", 4096, 32, 2, 5 * MS, "atmel,24c32"},
    {"24c64", 8192, 32, 2, 5 * MS, "atmel,24c64"},
    {"24c128", 16384, 64, 2, 5 * MS, "atmel,24c128"},
    {"24c256", 32768, 64, 2, 5 * MS, "atmel,24c256"},
    {"24c512", 65536, 128, 2, 5 * MS, "atmel,24c512"},
    {"24cm01", 131072, 256, 2, 5 * MS, "atmel,24c1024"},
    {"24cm02", MAX_BYTES, 256, 2, 10 * MS, "atmel,24c2048"},
};

static const char *const model_names[] = {"24c01",  "24c02",  "24c04",  "24c08",  "24c16",
                                          "24c32",  "24c64",  "24c128", "24c256", "24c512",
                                          "24cm01", "24cm02", NULL};

struct at24 {
    struct bp_dev *dev;
    const struct bp_timer_api *timers;
    struct bp_attached bus;
    struct medium medium;
    uint32_t model; /* property */
    const struct model *m;

    uint8_t wp;       /* level of the write protect pin */
    uint8_t writing;  /* the transfer in progress is a write */
    uint32_t due;     /* address bytes of it still to come */
    uint32_t address; /* counter, 8 */
    uint32_t nloaded; /* bytes of the page buffer that hold data */
    uint8_t page[MAX_PAGE], loaded[MAX_PAGE];
    uint64_t ready; /* virtual time at which the write cycle in progress ends */
    uint32_t bytes; /* of `data` that the model has */
    uint8_t data[MAX_BYTES];
};

/* Device addresses a model answers to: what the address bytes cannot say. */
static uint32_t device_addresses(const struct model *m)
{
    uint32_t reach = m->address_bytes == 1 ? 256 : 65536;

    return m->bytes > reach ? m->bytes / reach : 1;
}

/* --- the bus -------------------------------------------------------------------------------- */

/* 7.3: during a write cycle there is no answer, which is how drivers wait for its end. */
static uint32_t start(void *self, uint32_t address, uint32_t read)
{
    struct at24 *a = self;

    if (a->timers->now(a->dev, BP_TIME_VIRTUAL) < a->ready)
        return 0;
    a->nloaded = 0; /* a start instead of a stop drops what was loaded (7.1) */
    a->writing = !read;
    if (read)
        return 1;
    a->due = a->m->address_bytes;
    a->address =
        address & (device_addresses(a->m) - 1); /* 6: the part's own address is a multiple */
    return 1;
}

/* 7.2: within a page the address rolls over, and later bytes replace earlier ones. */
static void load_page(struct at24 *a, uint8_t data)
{
    uint32_t at = a->address % a->m->page;

    if (!a->nloaded)
        memset(a->loaded, 0, sizeof a->loaded);
    a->page[at] = data;
    a->loaded[at] = 1;
    a->nloaded++;
    a->address = (a->address - at) | (at + 1) % a->m->page;
}

static uint32_t write(void *self, uint8_t data)
{
    struct at24 *a = self;

    if (a->due) {
        a->due--;
        a->address = a->address << 8 | data;
        a->address &= a->m->bytes - 1; /* 6: bits above the size are ignored */
        return 1;
    }
    load_page(a, data);
    return 1;
}

/* 8.3: a sequential read goes on from the last byte of the memory to the first. */
static uint8_t read(void *self)
{
    struct at24 *a = self;
    uint8_t data = a->data[a->address];

    a->address = (a->address + 1) & (a->m->bytes - 1);
    return data;
}

/* 7.1: the stop starts the write cycle; 7.4: with WP high there is none, and nothing is written. */
static void stop(void *self)
{
    struct at24 *a = self;
    uint32_t base = a->address & ~(a->m->page - 1);

    if (!a->writing || !a->nloaded || a->wp || medium_read_only(&a->medium))
        goto out;
    for (uint32_t i = 0; i < a->m->page; i++)
        a->data[base + i] = a->loaded[i] ? a->page[i] : a->data[base + i];
    medium_changed(&a->medium, base, a->m->page);
    a->ready = a->timers->now(a->dev, BP_TIME_VIRTUAL) + a->m->write_ns;
out:
    a->writing = 0;
    a->nloaded = 0;
}

static const struct bp_i2c_target target = {
    .size = sizeof target, .start = start, .write = write, .read = read, .stop = stop};

static void on_wp(void *self, uint32_t index, uint32_t level)
{
    ((struct at24 *)self)->wp = level != 0;
}

static void on_complete(void *self, uint64_t token, int32_t status)
{
    medium_complete(&((struct at24 *)self)->medium, token, status);
}

/* --- the class ------------------------------------------------------------------------------ */

static const struct bp_prop props[] = {
    {.name = "model",
     .doc = "member of the family",
     .type = BP_PROP_ENUM,
     .offset = BP_OFFSET(struct at24, model),
     .def = "24c256",
     .choices = model_names},
};

static const struct bp_block_client block_client = {.size = sizeof block_client,
                                                    .on_complete = on_complete};

static const struct bp_port ports[] = {
    {.name = "wp",
     .doc = "write protect, active high; open: not protected",
     .kind = BP_PORT_GPIO,
     .dir = BP_DIR_IN,
     .offset = BP_NO_OFFSET,
     .on_line = on_wp},
    {.name = "drive",
     .doc = "image of the contents",
     .kind = BP_PORT_BLOCK,
     .offset = BP_OFFSET(struct at24, medium.drive),
     .client = &block_client},
};

static const char *const wp_flags[] = {"active-high", "active-low", NULL};

static const struct bp_provider providers[] = {
    {.kind = BP_PORT_GPIO, .port = "wp", .flag_names = wp_flags},
};

static const struct bp_seat_row seats[] = {
    {.name = "i2c",
     .doc = "SCL and SDA; larger models of a small address size take several addresses",
     .kind = BP_I2C_BUS,
     .offset = BP_OFFSET(struct at24, bus)},
};

static const struct bp_state_field state_fields[] = {
    {.tag = 1, .type = BP_STATE_U8, .offset = BP_OFFSET(struct at24, wp), .name = "wp"},
    {.tag = 2, .type = BP_STATE_U64, .offset = BP_OFFSET(struct at24, ready), .name = "ready"},
    {.tag = 3, .type = BP_STATE_U8, .offset = BP_OFFSET(struct at24, writing), .name = "writing"},
    {.tag = 4, .type = BP_STATE_U32, .offset = BP_OFFSET(struct at24, due), .name = "due"},
    {.tag = 5, .type = BP_STATE_U32, .offset = BP_OFFSET(struct at24, address), .name = "address"},
    {.tag = 6, .type = BP_STATE_U32, .offset = BP_OFFSET(struct at24, nloaded), .name = "nloaded"},
    {.tag = 7,
     .type = BP_STATE_BYTES,
     .offset = BP_OFFSET(struct at24, page),
     .count = MAX_PAGE,
     .name = "page"},
    {.tag = 8,
     .type = BP_STATE_BYTES,
     .offset = BP_OFFSET(struct at24, loaded),
     .count = MAX_PAGE,
     .name = "loaded"},
    {.tag = 9,
     .type = BP_STATE_BYTES,
     .offset = BP_OFFSET(struct at24, data),
     .count = MAX_BYTES,
     .count_offset = BP_OFFSET(struct at24, bytes),
     .name = "data"},
};

/* A snapshot is input: what no part can hold is refused. */
static int32_t post_load(void *self)
{
    const struct at24 *a = self;

    return a->address >= a->m->bytes || a->due > a->m->address_bytes || a->bytes != a->m->bytes
               ? BP_E_INVAL
               : BP_OK;
}

static const struct bp_state state = {
    .size = sizeof state, .version = 1, .fields = BP_ARRAY(state_fields), .post_load = post_load};

static const struct bp_iface_row ifaces[] = {
    {BP_TIMER_ID, BP_OFFSET(struct at24, timers)},
    {BP_BLOCK_ID, BP_OFFSET(struct at24, medium.blocks)},
    {BP_TRACE_ID, BP_OFFSET(struct at24, medium.trace)},
};

static int32_t check_addresses(const struct at24 *a, const struct bp_core *core)
{
    uint32_t wanted = device_addresses(a->m);
    char text[] = "this model takes 0 addresses: write reg: [FIRST, 0], FIRST a multiple of 0";
    const char digit = (char)('0' + wanted);

    if (a->bus.naddress == wanted && a->bus.address % wanted == 0)
        return BP_OK;
    if (wanted == 1)
        return bp_fail(core, a->dev, BP_E_INVAL, NULL,
                       "this model takes one address: write reg: ADDRESS");
    for (char *c = text; *c; c++)
        *c = *c == '0' ? digit : *c;
    return bp_fail(core, a->dev, BP_E_INVAL, NULL, text);
}

static int32_t init(void *self, struct bp_dev *dev, const struct bp_core *core)
{
    struct at24 *a = self;
    int32_t status = bp_fetch_ifaces(self, dev, core, BP_ARRAY(ifaces));

    if (status)
        return status;
    a->dev = a->medium.dev = dev;
    a->m = &models[a->model];
    a->bytes = a->m->bytes;
    memset(a->data, 0xff, sizeof a->data); /* as delivered */
    a->medium.data = a->data;
    a->medium.bytes = a->bytes;
    status = check_addresses(a, core);
    return status ? status : medium_init(&a->medium, core);
}

/* There is no reset pin: only power-on ends a transfer and a write cycle. */
static void reset(void *self, uint32_t kind)
{
    struct at24 *a = self;

    medium_load(&a->medium);
    if (kind != BP_RESET_COLD)
        return;
    a->ready = 0;
    a->writing = 0;
    a->due = a->address = a->nloaded = 0;
}

static void finish(void *self)
{
    medium_finish(&((struct at24 *)self)->medium);
}

static int32_t emit(void *self, const struct bp_fdt_writer *w)
{
    const struct at24 *a = self;
    int32_t status = w->str(w->ctx, "compatible", a->m->compatible);

    if (!status)
        status = w->u32(w->ctx, "pagesize", a->m->page);
    return status;
}

static const struct bp_fdt_node fdt_node = {
    .size = sizeof fdt_node, .name = "eeprom", .emit = emit};

static const void *get_iface(void *self, const char *id)
{
    if (!strcmp(id, BP_I2C_TARGET_ID))
        return &target;
    return strcmp(id, BP_FDT_NODE_ID) ? NULL : &fdt_node;
}

const struct bp_device_class at24_class = {
    .size = sizeof at24_class,
    .instance_size = sizeof(struct at24),
    .instance_align = _Alignof(struct at24),
    .name = "at24",
    .doc = "24Cxx serial EEPROM",
    .props = BP_ARRAY(props),
    .ports = BP_ARRAY(ports),
    .providers = BP_ARRAY(providers),
    .state = &state,
    .init = init,
    .reset = reset,
    .finish = finish,
    .get_iface = get_iface,
    .seats = BP_ARRAY(seats),
};
