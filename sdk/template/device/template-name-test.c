/*
 * Plays the guest of one template-name, without a CPU: template-name-test PLUGIN.so. What there is to drive and to look at is in
 * <testhost.h>.
 */
#include <testhost.h>

#define CTRL     0x0
#define DELAY    0x4
#define STATUS   0x8
#define REVISION 0xc

static int failures;

static void expect(const char *what, uint64_t is, uint64_t wanted)
{
    if (is == wanted)
        return;
    fprintf(stderr, "%s: is 0x%llx, should be 0x%llx\n", what, (unsigned long long)is,
            (unsigned long long)wanted);
    failures++;
}

static void test_interrupt(struct th *t)
{
    th_write(t, 0, DELAY, 4, 250);
    th_write(t, 0, CTRL, 4, 3); /* EN, IE */
    th_advance(t, 249999);
    expect("STATUS a nanosecond before", th_read(t, 0, STATUS, 4), 0);
    expect("irq a nanosecond before", th_level(t, "irq", 0), 0);
    th_advance(t, 1);
    expect("STATUS at the time", th_read(t, 0, STATUS, 4), 1);
    expect("irq at the time", th_level(t, "irq", 0), 1);
    expect("CTRL at the time", th_read(t, 0, CTRL, 4), 2);
    th_write(t, 0, STATUS, 4, 1);
    expect("irq when acknowledged", th_level(t, "irq", 0), 0);
}

static void test_stop(struct th *t)
{
    th_write(t, 0, CTRL, 4, 1);
    th_write(t, 0, CTRL, 4, 0);
    th_advance(t, 1000000);
    expect("STATUS when stopped before", th_read(t, 0, STATUS, 4), 0);
}

static void test_reset(struct th *t)
{
    th_write(t, 0, CTRL, 4, 3);
    th_reset(t, BP_RESET_WARM);
    th_advance(t, 1000000);
    expect("CTRL after a reset", th_read(t, 0, CTRL, 4), 0);
    expect("DELAY after a reset", th_read(t, 0, DELAY, 4), 0);
    expect("STATUS after a reset", th_read(t, 0, STATUS, 4), 0);
}

int main(int argc, char **argv)
{
    const char *why = "usage: template-name-test PLUGIN.so";
    struct th *t = argc == 2 ? th_open_why(argv[1], "template-name", &why) : NULL;

    if (!t) {
        fprintf(stderr, "%s\n", why);
        return 2;
    }
    expect("broken rules of the class", th_check_class(t->cls) != NULL, 0);
    th_set(t, "revision", "7");
    if (th_start(t)) {
        fprintf(stderr, "does not start: %s\n", t->error);
        failures++;
    } else {
        expect("REVISION", th_read(t, 0, REVISION, 4), 7);
        test_interrupt(t);
        test_stop(t);
        test_reset(t);
    }
    failures += th_close(t); /* what it did against the contract */
    return failures ? 1 : 0;
}
