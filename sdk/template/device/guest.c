/*
 * The guest of board.yaml: starts the device, sleeps until its interrupt, says so and switches the machine off.
 */
#include <stdint.h>

#define REG32(address) (*(volatile uint32_t *)(uintptr_t)(address))
#define REG8(address)  (*(volatile uint8_t *)(uintptr_t)(address))

#define DEVICE   0x10010000
#define UART     0x10000000
#define FINISHER 0x00100000 /* 0x5555: fine; code << 16 | 0x3333: failed */
#define PLIC     0x0c000000
#define SOURCE   1 /* of the device at the PLIC */

static void say(const char *text)
{
    REG8(UART + 3) = 3; /* eight bits */
    while (*text)
        REG8(UART) = (uint8_t)*text++;
}

static void finish(uint32_t code)
{
    say(code ? "template-name: no interrupt\n" : "template-name: interrupt\n");
    REG32(FINISHER) = code ? code << 16 | 0x3333 : 0x5555;
    for (;;)
        ;
}

void guest_main(void)
{
    uint32_t claimed;

    REG32(PLIC + 4 * SOURCE) = 1;        /* priority */
    REG32(PLIC + 0x2000) = 1u << SOURCE; /* enabled for context 0: hart 0, M */
    __asm__ volatile(
        "csrs mie, %0" ::"r"(1 << 11)); /* wfi wakes for it; mstatus.MIE stays 0, so no trap */

    REG32(DEVICE + 0x4) = 100; /* DELAY */
    REG32(DEVICE + 0x0) = 3;   /* CTRL: EN, IE */
    __asm__ volatile("wfi");
    claimed = REG32(PLIC + 0x200004);
    finish(claimed == SOURCE && REG32(DEVICE + 0x8) == 1 ? 0 : 1);
}

__asm__(".section .text.start, \"ax\"\n"
        ".globl _start\n"
        "_start: la sp, _start + 0x80000\n"
        "        call guest_main\n");
