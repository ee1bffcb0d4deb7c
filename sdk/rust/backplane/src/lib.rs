// SPDX-License-Identifier: Apache-2.0
//! Devices for Backplane in Rust, without `unsafe` and without the standard library: a plug-in of it depends on libc and
//! nothing else, as one in C does. What rows, ports and hooks mean is said in the C headers (`<backplane/...>`),
//! whose names these types carry; `examples/countdown.rs` is a whole device.
//!
//! An instance is a struct declared with [`instance!`]. The core allocates it, zeroed, and shares it with the device: it
//! writes properties, ports and bound registers, and a callback may run while another one of the same instance has
//! called out. So callbacks get `&self`, and what changes is a `Cell`.
//!
//! | | |
//! |---|---|
//! | [`Device`] | the life of an instance |
//! | [`Class`], [`Prop`], [`Port`], [`Region`], [`Reg`], [`State`] | what it is made of: static rows |
//! | [`Line`], [`ClockIn`], [`Timer`], [`Chardev`], [`Bus`] | what it holds of the machine |
//! | [`Error`] | why a call failed, in words |
#![no_std]
#![deny(missing_docs)]

mod class;
mod instance;
mod parts;
mod plugin;
mod regs;

/// The C interface, for what has no safe form here.
pub use backplane_sys as sys;
pub use class::{Choices, Class, Fdt, Port, Prop, PropType, State, StateField};
pub use instance::{Cells, Error, Field, Instance, Part, Reset, Result, Text, Word};
pub use parts::{
    Bus, CharClient, Chardev, Choice, ClockIn, Dev, Device, Duration, Freq, Level, Line, Size,
    TextProp, Time, Timer,
};
pub use regs::{Access, Bits, Field as RegField, Fields, Reg, Region, Value, Values};

#[doc(hidden)]
pub mod hidden {
    //! What the macros of this crate expand to.
    pub use crate::class::Word;
    pub use crate::instance::{end_of, offset_of, Binding};
    pub use crate::plugin::{is_devices, panicked, Factory, Plugin, Rows};
}
