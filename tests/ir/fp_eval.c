/* SPDX-License-Identifier: Apache-2.0
 *
 * fp_eval.c - calls the functions of fp.h by opcode, between fp_begin() and fp_end() as an
 * accelerator does.
 */
#include "fp_eval.h"

#include "../../plugins/accel/common/fp.h"

#define BY_TYPE(name, ...)                                                                         \
    (type == BP_T_F32 ? fp_##name##_f(__VA_ARGS__) : fp_##name##_d(__VA_ARGS__))

static uint64_t run(uint8_t op, uint8_t type, uint64_t a, uint64_t b, uint64_t c, uint32_t x)
{
    switch (op) {
    case BP_IR_FADD:
        return BY_TYPE(fadd, a, b, x);
    case BP_IR_FSUB:
        return BY_TYPE(fsub, a, b, x);
    case BP_IR_FMUL:
        return BY_TYPE(fmul, a, b, x);
    case BP_IR_FDIV:
        return BY_TYPE(fdiv, a, b, x);
    case BP_IR_FSQRT:
        return BY_TYPE(fsqrt, a, x);
    case BP_IR_FMADD:
        return BY_TYPE(fmadd, a, b, c, x);
    case BP_IR_FMSUB:
        return BY_TYPE(fmsub, a, b, c, x);
    case BP_IR_FNMSUB:
        return BY_TYPE(fnmsub, a, b, c, x);
    case BP_IR_FNMADD:
        return BY_TYPE(fnmadd, a, b, c, x);
    case BP_IR_FMIN:
        return BY_TYPE(fmin, a, b, x);
    case BP_IR_FMAX:
        return BY_TYPE(fmax, a, b, x);
    case BP_IR_FSGNJ:
        return BY_TYPE(fsgnj, a, b, x);
    case BP_IR_FSGNJN:
        return BY_TYPE(fsgnjn, a, b, x);
    case BP_IR_FSGNJX:
        return BY_TYPE(fsgnjx, a, b, x);
    case BP_IR_FEQ:
        return BY_TYPE(feq, a, b, x);
    case BP_IR_FLT:
        return BY_TYPE(flt, a, b, x);
    case BP_IR_FLE:
        return BY_TYPE(fle, a, b, x);
    case BP_IR_FCLASS:
        return BY_TYPE(fclass, a, x);
    case BP_IR_FCVTFF:
        return BY_TYPE(fcvtff, a, x);
    case BP_IR_FCVTFI:
        return BY_TYPE(fcvtfi, a, x);
    case BP_IR_FCVTIF:
        return BY_TYPE(fcvtif, a, x);
    default:
        return fp_fbox_f(a);
    }
}

uint64_t fp_eval(uint8_t op, uint8_t type, uint64_t a, uint64_t b, uint64_t c, uint32_t x,
                 uint32_t *flags)
{
    uint32_t host = fp_begin(*flags);
    uint64_t result = run(op, type, a, b, c, x);

    *flags = fp_end(host);
    return result;
}
