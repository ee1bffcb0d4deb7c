/* SPDX-License-Identifier: Apache-2.0
 *
 * tmp102: a temperature sensor on I2C, with an alert line.
 *
 * Source: Texas Instruments TMP102, "Low-Power Digital Temperature Sensor With SMBus and Two-Wire Serial
 * Interface" (SBOS397); sections cited are its 7.3 (features), 7.4 (modes) and 7.5 (registers).
 *
 * The temperature around it is a property; at run time a character back end may tell another one, as a number of degrees
 * Celsius on a line. The part measures it at the times when a conversion ends.
 */
#include "parts.h"

#include <backplane/char.h>
#include <backplane/fdt.h>
#include <backplane/i2c.h>
#include <backplane/line.h>
#include <backplane/props.h>
#include <backplane/state.h>
#include <backplane/time.h>
#include <backplane/util/ifaces.h>

#include <math.h>
#include <stdlib.h>

#define CONVERSION_NS 26000000ull /* 6.5: typical */

/* 7.5.3, configuration: the first byte on the bus is the high one. */
#define CONF_OS         0x8000u /* one-shot; reads 1 when a conversion is over, in shutdown */
#define CONF_RESOLUTION 0x6000u /* read only */
#define CONF_FAULTS(c)  ((c) >> 11 & 3)
#define CONF_POL        0x0400u
#define CONF_TM         0x0200u
#define CONF_SD         0x0100u
#define CONF_RATE(c)    ((c) >> 6 & 3)
#define CONF_AL         0x0020u /* read only */
#define CONF_EM         0x0010u
#define CONF_WRITABLE   (0x1f00u | 0x00d0u)
#define CONF_RESET      0x6080u /* AL follows the comparator: A0h as the data sheet has it */
#define LOW_RESET       0x4b00u /* 75 degrees */
#define HIGH_RESET      0x5000u /* 80 degrees */

#define POINTER_TEMPERATURE 0
#define POINTER_CONF        1
#define POINTER_LOW         2
#define POINTER_HIGH        3

#define GENERAL_CALL_RESET 0x06u

struct tmp102 {
    struct bp_dev *dev;
    const struct bp_line_api *lines;
    const struct bp_timer_api *timers;
    const struct bp_char_api *chars;
    struct bp_attached bus;
    struct bp_line *alert;
    struct bp_char *chardev;
    struct bp_timer *conversion;
    double degrees; /* property, then what the back end says */

    int64_t ambient;  /* 1/16 degree; what the next conversion finds */
    int32_t measured; /* 1/16 degree; result of the last conversion */
    uint16_t conf, low, high;
    uint8_t pointer;
    uint8_t active;     /* what ALERT shows: the comparator, or the latch of interrupt mode */
    uint8_t above;      /* the comparator: THIGH was reached, TLOW is waited for */
    uint8_t faults;     /* in a row */
    uint8_t done;       /* a one-shot conversion has ended */
    uint8_t converting; /* the running timer ends a conversion */
    /* the transfer */
    uint8_t call; /* BP_I2C_GENERAL_CALL, _ALERT_RESPONSE, or 0xff: the part's own address */
    uint8_t nwritten, nread, high_byte;
    char line[32]; /* from the back end, so far */
    uint32_t nline;
};

/* --- registers ------------------------------------------------------------------------------ */

/* 7.3.1: twelve bits, or thirteen in extended mode, left-justified; bit 0 tells which. */
static uint16_t encode(const struct tmp102 *t, int32_t sixteenths)
{
    if (t->conf & CONF_EM) {
        sixteenths = sixteenths > 0xfff ? 0xfff : sixteenths < -0x1000 ? -0x1000 : sixteenths;
        return (uint16_t)((uint32_t)sixteenths << 3 | 1);
    }
    sixteenths = sixteenths > 0x7ff ? 0x7ff : sixteenths < -0x800 ? -0x800 : sixteenths;
    return (uint16_t)((uint32_t)sixteenths << 4);
}

static int32_t decode_limit(const struct tmp102 *t, uint16_t limit)
{
    return (int16_t)limit >> (t->conf & CONF_EM ? 3 : 4);
}

/* 7.5.3.5: AL is the comparator in either mode, inverted unless POL is set. */
static uint16_t read_conf(const struct tmp102 *t)
{
    uint16_t conf = (uint16_t)((t->conf & CONF_WRITABLE & ~CONF_OS) | CONF_RESOLUTION);
    uint32_t al = t->above == ((t->conf & CONF_POL) != 0);

    conf |= t->done && (t->conf & CONF_SD) ? CONF_OS : 0;
    return (uint16_t)(conf | (al ? CONF_AL : 0));
}

static uint16_t read_register(const struct tmp102 *t)
{
    switch (t->pointer) {
    case POINTER_TEMPERATURE:
        return encode(t, t->measured);
    case POINTER_CONF:
        return read_conf(t);
    case POINTER_LOW:
        return t->low;
    default:
        return t->high;
    }
}

/* The pin is open drain, and low when active unless POL is set. The line is 1 while the pin is low: a description wires
 * it as `level-low`, which turns it around. */
static void update_alert(struct tmp102 *t)
{
    t->lines->set(t->alert, 0, t->active != ((t->conf & CONF_POL) != 0));
}

/* --- conversions ---------------------------------------------------------------------------- */

/* 7.4.4, 7.4.5: as many results in a row as F1/F0 say. In comparator mode the alert is active from THIGH on until the
 * temperature is below TLOW; in interrupt mode each of the two crossings, in turn, latches it until a register is read. */
static void compare(struct tmp102 *t)
{
    static const uint8_t wanted[] = {1, 2, 4, 6};
    uint32_t fault =
        t->above ? t->measured < decode_limit(t, t->low) : t->measured >= decode_limit(t, t->high);

    t->faults = (uint8_t)(fault ? t->faults + 1 : 0);
    if (t->faults < wanted[CONF_FAULTS(t->conf)])
        return;
    t->faults = 0;
    t->above = !t->above;
    t->active = t->conf & CONF_TM ? 1 : t->above;
}

static void arm(struct tmp102 *t, uint64_t ns)
{
    t->timers->arm(t->conversion, t->timers->now(t->dev, BP_TIME_VIRTUAL) + ns);
}

static void begin(struct tmp102 *t)
{
    t->converting = 1;
    arm(t, CONVERSION_NS);
}

/* 7.4.2: between two conversions the part rests for what CR1/CR0 leave of the period. */
static void on_timer(void *self)
{
    static const uint64_t period_ns[] = {4000000000, 1000000000, 250000000, 125000000};
    struct tmp102 *t = self;

    if (!t->converting) {
        begin(t);
        return;
    }
    t->converting = 0;
    t->done = 1;
    t->measured = (int32_t)t->ambient;
    compare(t);
    update_alert(t);
    if (!(t->conf & CONF_SD))
        arm(t, period_ns[CONF_RATE(t->conf)] - CONVERSION_NS);
}

/* 7.4.3: shutdown waits for the conversion in progress; OS starts a single one there. */
static void write_conf(struct tmp102 *t, uint16_t value)
{
    uint16_t old = t->conf;

    t->conf = value & CONF_WRITABLE;
    if ((value & CONF_SD) && (value & CONF_OS)) {
        t->done = 0;
        if (!t->converting)
            begin(t);
    } else if ((value & CONF_SD) && !t->converting) {
        t->timers->cancel(t->conversion);
    } else if ((old & CONF_SD) && !(value & CONF_SD) && !t->converting) {
        begin(t);
    }
    if ((old ^ t->conf) & CONF_TM)
        t->active = t->conf & CONF_TM ? 0 : t->above;
    update_alert(t);
}

static void write_register(struct tmp102 *t, uint16_t value)
{
    switch (t->pointer) {
    case POINTER_CONF:
        write_conf(t, value);
        break;
    case POINTER_LOW:
        t->low = value & 0xfff8;
        break;
    case POINTER_HIGH:
        t->high = value & 0xfff8;
        break;
    default:
        break; /* the temperature is read only */
    }
}

static void power_up(struct tmp102 *t)
{
    t->conf = CONF_RESET & CONF_WRITABLE;
    t->low = LOW_RESET;
    t->high = HIGH_RESET;
    t->pointer = POINTER_TEMPERATURE;
    t->measured = 0; /* 7.5.2: zero until the first conversion is over */
    t->active = t->above = t->faults = t->done = 0;
    begin(t);
    update_alert(t);
}

/* --- the bus -------------------------------------------------------------------------------- */

#define OWN_ADDRESS 0xff

/* 7.3.5, 7.3.7: besides its own address the part answers a general call, and the alert response while its alert is
 * active in interrupt mode. */
static uint32_t start(void *self, uint32_t address, uint32_t read)
{
    struct tmp102 *t = self;

    t->nwritten = t->nread = 0;
    t->call = OWN_ADDRESS;
    if (address == t->bus.address)
        return 1;
    t->call = (uint8_t)address;
    return (address == BP_I2C_GENERAL_CALL && !read) ||
           (address == BP_I2C_ALERT_RESPONSE && read && (t->conf & CONF_TM) && t->active);
}

/* 7.3.8: a general call with 06h resets the registers as power-up does. */
static uint32_t general_call(struct tmp102 *t, uint8_t data)
{
    if (data != GENERAL_CALL_RESET)
        return 0;
    power_up(t);
    return 1;
}

/* 7.3.2: the pointer first, then the two bytes of the register. */
static uint32_t write(void *self, uint8_t data)
{
    struct tmp102 *t = self;

    if (t->call != OWN_ADDRESS)
        return general_call(t, data);
    if (t->nwritten == 0)
        t->pointer = data & 3;
    else if (t->nwritten % 2)
        t->high_byte = data;
    else
        write_register(t, (uint16_t)(t->high_byte << 8 | data));
    t->nwritten = (uint8_t)(t->nwritten == 2 ? 1 : t->nwritten + 1);
    return 1;
}

static uint8_t read(void *self)
{
    struct tmp102 *t = self;
    uint8_t data;

    if (t->call == BP_I2C_ALERT_RESPONSE) { /* 7.3.7: bit 0 is 1 when THIGH was exceeded */
        data = (uint8_t)(t->bus.address << 1 | t->above);
        t->active = 0;
        update_alert(t);
        return data;
    }
    data = (uint8_t)(read_register(t) >> (t->nread ? 0 : 8));
    t->nread ^= 1;
    if ((t->conf & CONF_TM) && t->active) { /* 7.4.5: a read of any register clears it */
        t->active = 0;
        update_alert(t);
    }
    return data;
}

static void stop(void *self)
{
    ((struct tmp102 *)self)->call = OWN_ADDRESS;
}

static const struct bp_i2c_target target = {.size = sizeof target,
                                            .flags = BP_I2C_ALL_ADDRESSES,
                                            .start = start,
                                            .write = write,
                                            .read = read,
                                            .stop = stop};

/* --- the world around it -------------------------------------------------------------------- */

static void set_ambient(struct tmp102 *t, double degrees)
{
    degrees = degrees < -256 ? -256 : degrees > 256 ? 256 : degrees;
    t->ambient = (int64_t)floor(degrees * 16);
}

static void take_line(struct tmp102 *t)
{
    char *end;
    double degrees;

    t->line[t->nline] = 0;
    degrees = strtod(t->line, &end);
    if (end != t->line && !*end && isfinite(degrees))
        set_ambient(t, degrees);
    t->nline = 0;
}

static uint32_t room(void *self)
{
    return 256;
}

static void on_input(void *self, const uint8_t *data, uint32_t bytes)
{
    struct tmp102 *t = self;

    for (uint32_t i = 0; i < bytes; i++) {
        if (data[i] == '\n')
            take_line(t);
        else if (data[i] != '\r' && t->nline < sizeof t->line - 1)
            t->line[t->nline++] = (char)data[i];
    }
}

/* --- the class ------------------------------------------------------------------------------ */

static const struct bp_prop props[] = {
    {.name = "temperature",
     .doc = "degrees Celsius around the part at power-on",
     .type = BP_PROP_F64,
     .offset = BP_OFFSET(struct tmp102, degrees),
     .def = "25"},
};

static const struct bp_char_client char_client = {
    .size = sizeof char_client, .room = room, .on_input = on_input};

static const struct bp_port ports[] = {
    {.name = "alert",
     .doc = "ALERT; 1 is the pin pulled low: wire it as level-low",
     .kind = BP_PORT_IRQ,
     .dir = BP_DIR_OUT,
     .offset = BP_OFFSET(struct tmp102, alert)},
    {.name = "chardev",
     .doc = "who tells the temperature: a number on a line",
     .kind = BP_PORT_CHAR,
     .offset = BP_OFFSET(struct tmp102, chardev),
     .client = &char_client},
};

static const struct bp_seat_row seats[] = {
    {.name = "i2c",
     .doc = "SCL and SDA; 0x48 to 0x4b by the pin ADD0",
     .kind = BP_I2C_BUS,
     .offset = BP_OFFSET(struct tmp102, bus)},
};

#define STATE(n, kind, field, label)                                                               \
    {                                                                                              \
        .tag = (n), .type = (kind), .offset = BP_OFFSET(struct tmp102, field), .name = (label)     \
    }

static const struct bp_state_field state_fields[] = {
    STATE(1, BP_STATE_U64, ambient, "ambient"),
    STATE(2, BP_STATE_U32, measured, "measured"),
    STATE(3, BP_STATE_U16, conf, "conf"),
    STATE(4, BP_STATE_U16, low, "low"),
    STATE(5, BP_STATE_U16, high, "high"),
    STATE(6, BP_STATE_U8, pointer, "pointer"),
    STATE(7, BP_STATE_U8, active, "active"),
    STATE(8, BP_STATE_U8, above, "above"),
    STATE(9, BP_STATE_U8, faults, "faults"),
    STATE(10, BP_STATE_U8, done, "done"),
    STATE(11, BP_STATE_U8, converting, "converting"),
    STATE(12, BP_STATE_U8, call, "call"),
    STATE(13, BP_STATE_U8, nwritten, "nwritten"),
    STATE(14, BP_STATE_U8, nread, "nread"),
    STATE(15, BP_STATE_U8, high_byte, "high-byte"),
};

/* A snapshot is input: a pointer beyond the four registers would only read as the last one; the rest is
 * masked where it is used. */
static const struct bp_state state = {
    .size = sizeof state, .version = 1, .fields = BP_ARRAY(state_fields)};

static const struct bp_iface_row ifaces[] = {
    {BP_LINE_ID, BP_OFFSET(struct tmp102, lines)},
    {BP_TIMER_ID, BP_OFFSET(struct tmp102, timers)},
    {BP_CHAR_ID, BP_OFFSET(struct tmp102, chars)},
};

static int32_t init(void *self, struct bp_dev *dev, const struct bp_core *core)
{
    struct tmp102 *t = self;
    int32_t status = bp_fetch_ifaces(self, dev, core, BP_ARRAY(ifaces));

    if (status)
        return status;
    t->dev = dev;
    if (t->bus.address < 0x48 || t->bus.address > 0x4b || t->bus.naddress != 1)
        return bp_fail(core, dev, BP_E_INVAL, NULL,
                       "a TMP102 has one of the addresses 0x48 to 0x4b: write reg: 0x48");
    if (!(t->degrees >= -256 && t->degrees <= 256))
        return bp_fail(core, dev, BP_E_INVAL, "temperature",
                       "beyond what the part could measure: give -55 to 150");
    t->conversion = t->timers->create(dev, "conversion", on_timer);
    return t->conversion ? BP_OK : BP_E_NOMEM;
}

/* There is no reset pin: only power-on changes anything. */
static void reset(void *self, uint32_t kind)
{
    struct tmp102 *t = self;

    if (kind != BP_RESET_COLD)
        return;
    set_ambient(t, t->degrees);
    t->call = OWN_ADDRESS;
    t->nwritten = t->nread = 0;
    t->nline = 0;
    power_up(t);
    t->chars->resume(t->chardev);
}

static const struct bp_fdt_node fdt_node = {
    .size = sizeof fdt_node, .name = "temperature-sensor", .compatible = "ti,tmp102"};

static const void *get_iface(void *self, const char *id)
{
    if (!strcmp(id, BP_I2C_TARGET_ID))
        return &target;
    return strcmp(id, BP_FDT_NODE_ID) ? NULL : &fdt_node;
}

const struct bp_device_class tmp102_class = {
    .size = sizeof tmp102_class,
    .instance_size = sizeof(struct tmp102),
    .instance_align = _Alignof(struct tmp102),
    .name = "tmp102",
    .doc = "TMP102 temperature sensor",
    .props = BP_ARRAY(props),
    .ports = BP_ARRAY(ports),
    .state = &state,
    .init = init,
    .reset = reset,
    .get_iface = get_iface,
    .seats = BP_ARRAY(seats),
};
