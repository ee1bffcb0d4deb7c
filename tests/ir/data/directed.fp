; SPDX-License-Identifier: Apache-2.0
; Floating-point cases worth a name. op.type words operands -> result flags; see fp_vectors.c.
; Flags: n invalid, z division by zero, o overflow, u underflow, x inexact.

; --- addition: signs of zero (IEEE 754-2019, 6.3)
fadd.f64 rne 3ff0000000000000 bff0000000000000 -> 0 -
fadd.f64 rdn 3ff0000000000000 bff0000000000000 -> 8000000000000000 -
fadd.f64 rdn 0 0 -> 0 -
fadd.f64 rdn 0 8000000000000000 -> 8000000000000000 -
fadd.f64 rup 0 8000000000000000 -> 0 -
fadd.f64 rmm 8000000000000000 8000000000000000 -> 8000000000000000 -
fsub.f64 rne 8000000000000000 0 -> 8000000000000000 -
fsub.f32 rdn 3f800000 3f800000 -> 80000000 -

; --- ties: 1 + half an ulp, and the next one, in every mode
fadd.f64 rne 3ff0000000000000 3ca0000000000000 -> 3ff0000000000000 x
fadd.f64 rtz 3ff0000000000000 3ca0000000000000 -> 3ff0000000000000 x
fadd.f64 rdn 3ff0000000000000 3ca0000000000000 -> 3ff0000000000000 x
fadd.f64 rup 3ff0000000000000 3ca0000000000000 -> 3ff0000000000001 x
fadd.f64 rmm 3ff0000000000000 3ca0000000000000 -> 3ff0000000000001 x
fadd.f64 rne 3ff0000000000001 3ca0000000000000 -> 3ff0000000000002 x
fadd.f64 rmm bff0000000000000 bca0000000000000 -> bff0000000000001 x
fadd.f64 rne 3ff0000000000000 3ca0000000000001 -> 3ff0000000000001 x
fadd.f32 rne 3f800000 33800000 -> 3f800000 x
fadd.f32 rmm 3f800000 33800000 -> 3f800001 x
fadd.f32 rne 3f800001 33800000 -> 3f800002 x
; a sticky bit 2000 binades below decides the direction
fadd.f64 rup 3ff0000000000000 1 -> 3ff0000000000001 x
fadd.f64 rdn 3ff0000000000000 8000000000000001 -> 3fefffffffffffff x
fadd.f64 rtz 3ff0000000000000 8000000000000001 -> 3fefffffffffffff x

; --- infinities and NaNs (7.2)
fadd.f64 rne 7ff0000000000000 fff0000000000000 -> 7ff8000000000000 n
fsub.f64 rne 7ff0000000000000 7ff0000000000000 -> 7ff8000000000000 n
fadd.f64 rne 7ff0000000000000 ffefffffffffffff -> 7ff0000000000000 -
fmul.f64 rne 7ff0000000000000 0 -> 7ff8000000000000 n
fdiv.f64 rne 0 8000000000000000 -> 7ff8000000000000 n
fdiv.f64 rne 7ff0000000000000 fff0000000000000 -> 7ff8000000000000 n
; payloads and signs of NaNs are lost: the result is canonical
fadd.f64 rne fff8000000000123 3ff0000000000000 -> 7ff8000000000000 -
fadd.f64 rne 3ff0000000000000 7ff0000000000001 -> 7ff8000000000000 n
fmul.f32 rtz ffc12345 3f800000 -> 7fc00000 -
fsqrt.f32 rup ff800001 -> 7fc00000 n

; --- division by zero (7.3)
fdiv.f64 rne 3ff0000000000000 8000000000000000 -> fff0000000000000 z
fdiv.f32 rtz bf800000 80000000 -> 7f800000 z
fdiv.f64 rne 7ff0000000000000 0 -> 7ff0000000000000 -
fdiv.f64 rne 3ff0000000000000 4008000000000000 -> 3fd5555555555555 x
fdiv.f64 rup 3ff0000000000000 4008000000000000 -> 3fd5555555555556 x

; --- overflow (7.4)
fmul.f64 rne 7fefffffffffffff 4000000000000000 -> 7ff0000000000000 ox
fmul.f64 rtz 7fefffffffffffff 4000000000000000 -> 7fefffffffffffff ox
fmul.f64 rdn 7fefffffffffffff 4000000000000000 -> 7fefffffffffffff ox
fmul.f64 rup ffefffffffffffff 4000000000000000 -> ffefffffffffffff ox
fmul.f64 rdn ffefffffffffffff 4000000000000000 -> fff0000000000000 ox
fmul.f64 rmm ffefffffffffffff 4000000000000000 -> fff0000000000000 ox
; half an ulp beyond the largest number overflows, a little less does not
fadd.f64 rne 7fefffffffffffff 7c90000000000000 -> 7ff0000000000000 ox
fadd.f64 rne 7fefffffffffffff 7c8fffffffffffff -> 7fefffffffffffff x
fadd.f64 rup 7fefffffffffffff 1 -> 7ff0000000000000 ox

; --- underflow (7.5): tiny after rounding and inexact
fmul.f64 rne 0010000000000000 3fe0000000000000 -> 0008000000000000 -
fmul.f64 rne 0010000000000001 3fe0000000000000 -> 0008000000000000 ux
fmul.f64 rne 1 3fe0000000000000 -> 0 ux
fmul.f64 rup 1 3fe0000000000000 -> 1 ux
fmul.f64 rmm 1 3fe0000000000000 -> 1 ux
fmul.f64 rne 1 3fe8000000000000 -> 1 ux
; rounds up to the least normal number: tiny if 53 bits hold the value without that, not tiny if they round up, too
fmul.f64 rne 001fffffffffffff 3fe0000000000000 -> 0010000000000000 ux
fmul.f64 rne 0010000000000001 3feffffffffffffe -> 0010000000000000 x
fmul.f64 rne 000fffffffffffff 3ff0000000000001 -> 0010000000000000 x
fmul.f64 rtz 000fffffffffffff 3ff0000000000001 -> 000fffffffffffff ux
fmul.f32 rne 00ffffff 3f000000 -> 00800000 ux
fmul.f32 rne 00800001 3f7ffffe -> 00800000 x
fmul.f32 rtz 00800001 3f7ffffe -> 007fffff ux

; --- square root
fsqrt.f64 rne 4010000000000000 -> 4000000000000000 -
fsqrt.f64 rne 4000000000000000 -> 3ff6a09e667f3bcd x
fsqrt.f64 rtz 4000000000000000 -> 3ff6a09e667f3bcc x
fsqrt.f64 rne 8000000000000000 -> 8000000000000000 -
fsqrt.f64 rne bff0000000000000 -> 7ff8000000000000 n
fsqrt.f64 rne 8000000000000001 -> 7ff8000000000000 n
fsqrt.f64 rne fff0000000000000 -> 7ff8000000000000 n
fsqrt.f64 rne 1 -> 1e60000000000000 -

; --- fused: one rounding, exact cancellation, infinity times zero
fmadd.f64 rne 3ff0000000000001 3ff0000000000001 bff0000000000002 -> 3970000000000000 -
fmsub.f64 rne 3ff0000000000001 3ff0000000000001 3ff0000000000002 -> 3970000000000000 -
fnmsub.f64 rne 3ff0000000000001 3ff0000000000001 3ff0000000000002 -> b970000000000000 -
fnmadd.f64 rne 3ff0000000000001 3ff0000000000001 bff0000000000002 -> b970000000000000 -
fmadd.f64 rne 4000000000000000 4008000000000000 c018000000000000 -> 0 -
fmadd.f64 rdn 4000000000000000 4008000000000000 c018000000000000 -> 8000000000000000 -
fnmadd.f64 rne 0 3ff0000000000000 0 -> 8000000000000000 -
fnmsub.f64 rne 0 3ff0000000000000 0 -> 0 -
fmadd.f64 rne 7ff0000000000000 0 3ff0000000000000 -> 7ff8000000000000 n
fmadd.f64 rne 7ff0000000000000 0 7ff8000000000000 -> 7ff8000000000000 n
fmadd.f64 rup 0 fff0000000000000 7ff8000000000001 -> 7ff8000000000000 n
fmadd.f64 rmm 0 fff0000000000000 7ff8000000000001 -> 7ff8000000000000 n
fmadd.f64 rne 7ff8000000000000 0 3ff0000000000000 -> 7ff8000000000000 -
fmadd.f64 rne 7ff0000000000000 3ff0000000000000 fff0000000000000 -> 7ff8000000000000 n
fmadd.f32 rne 7f800000 0 7fc00000 -> 7fc00000 n
; the product overflows but the sum does not
fmadd.f64 rne 7fefffffffffffff 4000000000000000 ffefffffffffffff -> 7fefffffffffffff -

; --- minimum and maximum (IEEE 754-2019, 9.6, minimumNumber)
fmin.f64 - 0 8000000000000000 -> 8000000000000000 -
fmin.f64 - 8000000000000000 0 -> 8000000000000000 -
fmax.f64 - 8000000000000000 0 -> 0 -
fmin.f64 - 7ff8000000000000 3ff0000000000000 -> 3ff0000000000000 -
fmin.f64 - 3ff0000000000000 7ff0000000000001 -> 3ff0000000000000 n
fmax.f64 - fff8000000000001 fff8000000000002 -> 7ff8000000000000 -
fmax.f32 - 7f800001 7fc00000 -> 7fc00000 n
fmin.f64 - fff0000000000000 ffefffffffffffff -> fff0000000000000 -

; --- comparisons
feq.f64 - 0 8000000000000000 -> 1 -
feq.f64 - 7ff8000000000000 7ff8000000000000 -> 0 -
feq.f64 - 7ff0000000000001 0 -> 0 n
flt.f64 - 7ff8000000000000 0 -> 0 n
fle.f32 - 0 7fc00000 -> 0 n
flt.f64 - 8000000000000000 0 -> 0 -
fle.f64 - 0 8000000000000000 -> 1 -
flt.f64 - bff0000000000000 8000000000000001 -> 1 -
flt.f32 - ff800000 ff7fffff -> 1 -

; --- conversions to integers: the table of limits in the RISC-V manual
fcvtif.f64 rtz,s32 c1e0000000000000 -> ffffffff80000000 -
fcvtif.f64 rtz,s32 c1e00000001fffff -> ffffffff80000000 x
fcvtif.f64 rtz,s32 c1e0000000200000 -> ffffffff80000000 n
fcvtif.f64 rtz,s32 41dfffffffffffff -> 7fffffff x
fcvtif.f64 rne,s32 41dfffffffffffff -> 7fffffff n
fcvtif.f64 rne,s32 41dfffffffe00000 -> 7fffffff n
fcvtif.f64 rmm,s32 41dfffffffdfffff -> 7fffffff x
fcvtif.f64 rtz,s32 7ff8000000000000 -> 7fffffff n
fcvtif.f64 rtz,s32 fff8000000000000 -> 7fffffff n
fcvtif.f64 rtz,s32 fff0000000000000 -> ffffffff80000000 n
fcvtif.f64 rtz,u32 bfefffffffffffff -> 0 x
fcvtif.f64 rtz,u32 bff0000000000000 -> 0 n
fcvtif.f64 rne,u32 bfe0000000000000 -> 0 x
fcvtif.f64 rmm,u32 bfe0000000000000 -> 0 n
fcvtif.f64 rdn,u32 bfb0000000000000 -> 0 n
fcvtif.f64 rup,u32 bff8000000000000 -> 0 n
fcvtif.f64 rne,u32 8000000000000000 -> 0 -
fcvtif.f64 rtz,u32 41efffffffffffff -> ffffffffffffffff x
fcvtif.f64 rup,u32 41efffffffffffff -> ffffffffffffffff n
fcvtif.f64 rtz,u32 41f0000000000000 -> ffffffffffffffff n
fcvtif.f64 rtz,u32 7ff8000000000000 -> ffffffffffffffff n
fcvtif.f64 rtz,u32 fff0000000000000 -> 0 n
fcvtif.f64 rtz,s64 c3e0000000000000 -> 8000000000000000 -
fcvtif.f64 rtz,s64 c3e0000000000001 -> 8000000000000000 n
fcvtif.f64 rtz,s64 43e0000000000000 -> 7fffffffffffffff n
fcvtif.f64 rtz,s64 fff8000000000000 -> 7fffffffffffffff n
fcvtif.f64 rtz,u64 43efffffffffffff -> fffffffffffff800 -
fcvtif.f64 rtz,u64 43f0000000000000 -> ffffffffffffffff n
fcvtif.f64 rne,u64 43e0000000000000 -> 8000000000000000 -
fcvtif.f32 rtz,u64 5f7fffff -> ffffff0000000000 -
fcvtif.f32 rne,s32 3f000000 -> 0 x
fcvtif.f32 rne,s32 3fc00000 -> 2 x
fcvtif.f32 rmm,s32 3f000000 -> 1 x
fcvtif.f32 rmm,s32 bf000000 -> ffffffffffffffff x
fcvtif.f32 rtz,s32 4f000000 -> 7fffffff n

; --- conversions from integers; only the named bits of the slot count
fcvtfi.f64 rne,s32 deadbeefffffffff -> bff0000000000000 -
fcvtfi.f64 rne,u32 deadbeefffffffff -> 41efffffffe00000 -
fcvtfi.f64 rne,u64 ffffffffffffffff -> 43f0000000000000 x
fcvtfi.f64 rtz,u64 ffffffffffffffff -> 43efffffffffffff x
fcvtfi.f64 rne,u64 8000000000000400 -> 43e0000000000000 x
fcvtfi.f64 rne,u64 8000000000000401 -> 43e0000000000001 x
fcvtfi.f64 rmm,u64 8000000000000400 -> 43e0000000000001 x
fcvtfi.f64 rne,s64 8000000000000000 -> c3e0000000000000 -
fcvtfi.f32 rne,s32 1000001 -> 4b800000 x
fcvtfi.f32 rup,s32 1000001 -> 4b800001 x
fcvtfi.f32 rdn,s64 fffffffffeffffff -> cb800001 x
fcvtfi.f32 rne,u64 0 -> 0 -

; --- between the formats
fcvtff.f64 rne 3f800000 -> 3ff0000000000000 -
fcvtff.f64 rne 1 -> 36a0000000000000 -
fcvtff.f64 rne 7f800001 -> 7ff8000000000000 n
fcvtff.f32 rne 3ff0000010000000 -> 3f800000 x
fcvtff.f32 rmm 3ff0000010000000 -> 3f800001 x
fcvtff.f32 rne 47efffffefffffff -> 7f7fffff x
fcvtff.f32 rne 47effffff0000000 -> 7f800000 ox
fcvtff.f32 rtz 7fefffffffffffff -> 7f7fffff ox
fcvtff.f32 rne 380fffffffffffff -> 00800000 x
fcvtff.f32 rne 380fffffe0000000 -> 00800000 ux
fcvtff.f32 rup 1 -> 1 ux
fcvtff.f32 rne fff8000000000001 -> 7fc00000 -

; --- classes
fclass.f64 - fff0000000000000 -> 1 -
fclass.f64 - ffefffffffffffff -> 2 -
fclass.f64 - 800fffffffffffff -> 4 -
fclass.f64 - 8000000000000000 -> 8 -
fclass.f64 - 0 -> 10 -
fclass.f64 - 1 -> 20 -
fclass.f64 - 0010000000000000 -> 40 -
fclass.f64 - 7ff0000000000000 -> 80 -
fclass.f64 - fff0000000000001 -> 100 -
fclass.f64 - 7ff8000000000000 -> 200 -

; --- NaN boxing: a source that is not boxed reads as the canonical NaN, quietly; results are boxed
fadd.f32 rne,box ffffffff3f800000 ffffffff3f800000 -> ffffffff40000000 -
fadd.f32 rne,box 3f800000 ffffffff3f800000 -> ffffffff7fc00000 -
fadd.f32 rmm,box 7fffffff3f800000 ffffffff3f800000 -> ffffffff7fc00000 -
fmadd.f32 rne,box ffffffff3f800000 ffffffff3f800000 fffffffe3f800000 -> ffffffff7fc00000 -
fmin.f32 box 7f800001 ffffffff3f800000 -> ffffffff3f800000 -
feq.f32 box 3f800000 3f800000 -> 0 -
flt.f32 box 3f800000 ffffffff3f800000 -> 0 n
fsgnj.f32 box 3f800000 ffffffff80000000 -> ffffffffffc00000 -
fsgnj.f32 box ffffffff3f800000 80000000 -> ffffffff3f800000 -
fsgnjn.f32 box ffffffffff800001 ffffffff80000000 -> ffffffff7f800001 -
fsgnjx.f32 box ffffffffff800001 ffffffff80000000 -> ffffffff7f800001 -
fclass.f32 box 3f800000 -> 200 -
fcvtff.f64 rne,box 3f800000 -> 7ff8000000000000 -
fcvtif.f32 rtz,s32,box 3f800000 -> 7fffffff n
fcvtfi.f32 rne,s32,box 1 -> ffffffff3f800000 -
fbox.f32 - 123456789abcdef0 -> ffffffff9abcdef0 -
