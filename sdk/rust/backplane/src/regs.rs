// SPDX-License-Identifier: Apache-2.0
//! Register tables and regions (`<backplane/regs.h>`, `<backplane/mmio.h>`).
use crate::instance::{assert_item, item, this};
use crate::{sys, Cells, Field as Member, Instance, Result, Text};
use core::ffi::c_void;
use core::marker::PhantomData;
use core::ptr::null;

/// One access of the guest or of a debugger.
#[derive(Clone, Copy)]
pub struct Access {
    /// Bytes from the start of the region.
    pub addr: u64,
    /// 1, 2, 4 or 8 bytes.
    pub width: u32,
    /// A debugger or a snapshot looks: nothing may change.
    pub debug: bool,
    /// Index of the vCPU; `sys::BP_INITIATOR_DMA`.
    pub initiator: u32,
}

impl Access {
    unsafe fn of(access: *const sys::bp_access) -> Access {
        let a = &*access;

        Access {
            addr: a.addr,
            width: a.width,
            debug: a.flags & sys::BP_ACCESS_DEBUG != 0,
            initiator: a.initiator,
        }
    }
}

/// A named value of a field.
#[repr(transparent)]
pub struct Value(sys::bp_reg_value);
unsafe impl Sync for Value {}

impl Value {
    #[doc(hidden)]
    pub const END: Value = Value(sys::bp_reg_value::ZERO);

    /// `OFF = 0`
    pub const fn new(name: Text, value: u64) -> Self {
        Value(sys::bp_reg_value { name: name.as_ptr(), value })
    }
}

/// A list made by [`values!`](crate::values).
#[derive(Clone, Copy)]
pub struct Values(&'static [Value]);

impl Values {
    /// # Safety
    /// The last one is `END`.
    #[doc(hidden)]
    pub const unsafe fn terminated(values: &'static [Value]) -> Self {
        Values(values)
    }
}

/// `values!["OFF" = 0, "ON" = 1]`
#[macro_export]
macro_rules! values {
    ($($name:literal = $value:expr),+ $(,)?) => {
        unsafe {
            const VALUES: &[$crate::Value] =
                &[$($crate::Value::new($crate::text!($name), $value),)+ $crate::Value::END];
            $crate::Values::terminated(VALUES)
        }
    };
}

/// A field of a register.
#[repr(transparent)]
pub struct Field(sys::bp_reg_field);
unsafe impl Sync for Field {}

impl Field {
    #[doc(hidden)]
    pub const END: Field = Field(sys::bp_reg_field::ZERO);

    /// `width` bits from bit `lsb` on.
    pub const fn new(name: Text, doc: Text, lsb: u32, width: u32) -> Self {
        Field(sys::bp_reg_field {
            name: name.as_ptr(),
            doc: doc.as_ptr(),
            lsb,
            width,
            values: null(),
        })
    }

    /// Names of its values.
    pub const fn values(mut self, values: Values) -> Self {
        self.0.values = values.0.as_ptr() as *const sys::bp_reg_value;
        self
    }
}

/// A list made by [`fields!`](crate::fields).
#[derive(Clone, Copy)]
pub struct Fields(&'static [Field]);

impl Fields {
    /// # Safety
    /// The last one is `END`.
    #[doc(hidden)]
    pub const unsafe fn terminated(fields: &'static [Field]) -> Self {
        Fields(fields)
    }
}

/// The fields of a register: `fields![RegField::new(text!("EN"), text!("counts"), 0, 1)]`.
#[macro_export]
macro_rules! fields {
    ($($field:expr),+ $(,)?) => {
        unsafe {
            const FIELDS: &[$crate::RegField] = &[$($field,)+ $crate::RegField::END];
            $crate::Fields::terminated(FIELDS)
        }
    };
}

/// Bits of a register that follow a rule of their own.
#[repr(transparent)]
pub struct Bits(sys::bp_reg_bits);
unsafe impl Sync for Bits {}

impl Bits {
    /// Ends the list.
    pub const END: Bits = Bits(sys::bp_reg_bits::ZERO);

    /// `access` is one of `sys::BP_REG_*`, `read` one of `sys::BP_READ_*`.
    pub const fn new(mask: u64, access: u32, read: u32) -> Self {
        assert!(mask != 0, "bits without a mask");
        Bits(sys::bp_reg_bits { mask, access, read })
    }

    const fn is_end(&self) -> bool {
        self.0.mask == 0
    }
}

/// A register of instances `T`.
#[repr(transparent)]
pub struct Reg<T>(sys::bp_reg, PhantomData<fn(&T)>);
unsafe impl<T> Sync for Reg<T> {}

impl<T: Instance> Reg<T> {
    const fn row(offset: u64, name: Text, width: u32, count: u32, bound: u32, access: u32) -> Self {
        let mut row = sys::bp_reg::ZERO;

        row.offset = offset;
        row.name = name.as_ptr();
        row.doc = b"\0".as_ptr() as *const sys::c_char;
        row.width = width;
        row.count = count;
        row.bound = bound;
        row.access = access;
        Reg(row, PhantomData)
    }

    /// Bound to a member, whose type gives the width, and the length of an array. `access`: `sys::BP_REG_*`.
    pub const fn new<M: Cells>(offset: u64, name: Text, access: u32, member: Member<T, M>) -> Self {
        Reg::row(offset, name, M::WIDTH, M::COUNT, member.offset, access)
    }

    /// Read and written.
    pub const fn rw<M: Cells>(offset: u64, name: Text, member: Member<T, M>) -> Self {
        Reg::new(offset, name, sys::BP_REG_RW, member)
    }

    /// Read-only.
    pub const fn ro<M: Cells>(offset: u64, name: Text, member: Member<T, M>) -> Self {
        Reg::new(offset, name, sys::BP_REG_RO, member)
    }

    /// Not stored: hooks answer. `width`: 1, 2, 4 or 8 bytes.
    pub const fn unbound(offset: u64, name: Text, access: u32, width: u32) -> Self {
        Reg::row(offset, name, width, 1, sys::BP_UNBOUND, access)
    }

    /// One line.
    pub const fn doc(mut self, doc: Text) -> Self {
        self.0.doc = doc.as_ptr();
        self
    }

    /// The value after a reset.
    pub const fn reset(mut self, value: u64) -> Self {
        self.0.reset = value;
        self
    }

    /// Bits that the guest can change.
    pub const fn mask(mut self, mask: u64) -> Self {
        self.0.write_mask = mask;
        self
    }

    /// Elements of an unbound array.
    pub const fn count(mut self, count: u32) -> Self {
        assert!(self.0.bound == sys::BP_UNBOUND, "the member says how many there are");
        self.0.count = count;
        self
    }

    /// Bytes from one element of an array to the next.
    pub const fn stride(mut self, stride: u32) -> Self {
        self.0.stride = stride;
        self
    }

    /// Banks it exists in.
    pub const fn banks(mut self, banks: u32) -> Self {
        self.0.banks = banks;
        self
    }

    /// Its fields.
    pub const fn fields(mut self, fields: Fields) -> Self {
        self.0.fields = fields.0.as_ptr() as *const sys::bp_reg_field;
        self
    }

    /// Rules of single bits, in place of the access of the row. The last one is `Bits::END`.
    pub const fn bits(mut self, bits: &'static [Bits]) -> Self {
        assert!(!bits.is_empty() && bits[bits.len() - 1].is_end(), "bits do not end in Bits::END");
        self.0.bits = bits.as_ptr() as *const sys::bp_reg_bits;
        self
    }

    /// Gives what the guest sees: of the instance, the element, the bound value and the access.
    pub const fn on_read<F: Fn(&T, u32, u64, &Access) -> u64 + Copy>(mut self, _: F) -> Self {
        unsafe extern "C" fn call<T: Instance, F: Fn(&T, u32, u64, &Access) -> u64 + Copy>(
            instance: *mut c_void,
            index: u32,
            value: u64,
            access: *const sys::bp_access,
        ) -> u64 {
            item::<F>()(this(instance), index, value, &Access::of(access))
        }

        assert_item::<F>();
        self.0.on_read = Some(call::<T, F>);
        self
    }

    /// Acts after the bound value has changed: of the instance, the element, what was written and what was there.
    pub const fn on_write<F: Fn(&T, u32, u64, u64) + Copy>(mut self, _: F) -> Self {
        unsafe extern "C" fn call<T: Instance, F: Fn(&T, u32, u64, u64) + Copy>(
            instance: *mut c_void,
            index: u32,
            value: u64,
            old: u64,
        ) {
            item::<F>()(this(instance), index, value, old)
        }

        assert_item::<F>();
        self.0.on_write = Some(call::<T, F>);
        self
    }
}

/// A window of guest addresses.
#[repr(transparent)]
pub struct Region<T>(sys::bp_region, PhantomData<fn(&T)>);
unsafe impl<T> Sync for Region<T> {}

impl<T: Instance> Region<T> {
    /// A single one may be called "reg".
    pub const fn new(name: Text, doc: Text) -> Self {
        let mut row = sys::bp_region::ZERO;

        row.name = name.as_ptr();
        row.doc = doc.as_ptr();
        Region(row, PhantomData)
    }

    /// Bytes that the device decodes; without it, as many as the description gives.
    pub const fn length(mut self, bytes: u64) -> Self {
        self.0.length = bytes;
        self
    }

    /// `sys::BP_REGION_*`, but for RAM.
    pub const fn flags(mut self, flags: u32) -> Self {
        self.0.flags = flags;
        self
    }

    /// Bytes that `read` and `write` take.
    pub const fn widths(mut self, min: u32, max: u32) -> Self {
        self.0.min_width = min;
        self.0.max_width = max;
        self
    }

    /// Registers are big-endian.
    pub const fn big_endian(mut self) -> Self {
        self.0.endian = sys::BP_ENDIAN_BIG;
        self
    }

    /// The register table.
    pub const fn regs(mut self, regs: &'static [Reg<T>]) -> Self {
        self.0.regs = regs.as_ptr() as *const sys::bp_reg;
        self.0.nregs = regs.len() as u32;
        self.0.reg_stride = core::mem::size_of::<Reg<T>>() as u32;
        self
    }

    /// Says which bank of registers is seen.
    pub const fn bank<F: Fn(&T) -> u32 + Copy>(mut self, _: F) -> Self {
        unsafe extern "C" fn call<T: Instance, F: Fn(&T) -> u32 + Copy>(
            instance: *mut c_void,
        ) -> u32 {
            item::<F>()(this(instance))
        }

        assert_item::<F>();
        self.0.bank = Some(call::<T, F>);
        self
    }

    /// Answers reads that no register covers. An error reaches the guest as a bus error.
    pub const fn read<F: Fn(&T, &Access) -> Result<u64> + Copy>(mut self, _: F) -> Self {
        unsafe extern "C" fn call<T: Instance, F: Fn(&T, &Access) -> Result<u64> + Copy>(
            instance: *mut c_void,
            access: *const sys::bp_access,
            value: *mut u64,
        ) -> i32 {
            match item::<F>()(this(instance), &Access::of(access)) {
                Ok(read) => {
                    *value = read;
                    sys::BP_OK
                }
                Err(error) => error.status,
            }
        }

        assert_item::<F>();
        self.0.read = Some(call::<T, F>);
        self
    }

    /// Takes writes that no register covers.
    pub const fn write<F: Fn(&T, &Access, u64) -> Result + Copy>(mut self, _: F) -> Self {
        unsafe extern "C" fn call<T: Instance, F: Fn(&T, &Access, u64) -> Result + Copy>(
            instance: *mut c_void,
            access: *const sys::bp_access,
            value: u64,
        ) -> i32 {
            match item::<F>()(this(instance), &Access::of(access), value) {
                Ok(()) => sys::BP_OK,
                Err(error) => error.status,
            }
        }

        assert_item::<F>();
        self.0.write = Some(call::<T, F>);
        self
    }
}
