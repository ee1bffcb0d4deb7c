/*
 * The guest of board.yaml: looks at the first word of the device, says what it is and switches the machine off.
 */
#include <stdint.h>

#define REG32(address) (*(volatile uint32_t *)(uintptr_t)(address))
#define REG8(address)  (*(volatile uint8_t *)(uintptr_t)(address))

#define DEVICE   0x10010000
#define UART     0x10000000
#define FINISHER 0x00100000 /* 0x5555: fine; code << 16 | 0x3333: failed */

static void say(const char *text)
{
    while (*text)
        REG8(UART) = (uint8_t)*text++;
}

void guest_main(void)
{
    uint32_t word = REG32(DEVICE);

    REG8(UART + 3) = 3; /* eight bits */
    say("template-name: ");
    for (int shift = 28; shift >= 0; shift -= 4) {
        char digit[2] = {"0123456789abcdef"[word >> shift & 15], 0};

        say(digit);
    }
    say("\n");
    REG32(FINISHER) = 0x5555;
    for (;;)
        ;
}

__asm__(".section .text.start, \"ax\"\n"
        ".globl _start\n"
        "_start: la sp, _start + 0x80000\n"
        "        call guest_main\n");
