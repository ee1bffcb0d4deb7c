// SPDX-License-Identifier: Apache-2.0
//! What an instance holds of the machine: ports, timers, values of properties. Each has its place in a struct made by
//! `instance!`, where the core finds it by the offset that a row gives; none can be made elsewhere.
use crate::instance::{assert_item, check, item, this, Binding};
use crate::{sys, text, Error, Fdt, Instance, Part, Reset, Result};
use core::cell::Cell;
use core::ffi::c_void;
use core::fmt::{Arguments, Write};
use core::marker::PhantomData;
use core::mem::size_of;

/// The life of a device; what a class needs of its instances.
pub trait Device: Instance {
    /// How it presents itself in the guest's device tree.
    const FDT: Option<&'static Fdt> = None;

    /// Once, before anything else: makes timers, checks values of properties. Other devices may not be called yet.
    fn init(&self) -> Result {
        Ok(())
    }

    /// Registers have their reset values already, and output lines are low.
    fn reset(&self, _kind: Reset) {}

    /// Once, after everything else.
    fn finish(&self) {}
}

/// Calls a function of an interface, all of which SDK 0.1 had; one that is appended later is there when the `size` of the
/// interface says so. Before `init()` there is no interface.
macro_rules! call {
    ($self:ident.$api:ident.$function:ident($($argument:expr),*), else $otherwise:expr) => {
        match unsafe { $self.$api.get().as_ref() }.and_then(|api| api.$function) {
            Some(function) => unsafe { function($($argument),*) },
            None => $otherwise,
        }
    };
}

/// How much a line of the log matters.
#[derive(Clone, Copy)]
pub enum Level {
    /// Something of the host failed.
    Error = 0,
    /// Worth knowing.
    Warn = 1,
    /// The guest did something its manual forbids.
    Guest = 2,
    /// Progress.
    Info = 3,
    /// For the device's author.
    Debug = 4,
}

/// The core's name for the instance. Every instance has one: [`Instance::dev`].
#[repr(C)]
pub struct Dev {
    dev: Cell<*mut sys::bp_dev>,
    trace: Cell<*const sys::bp_trace_api>,
    timers: Cell<*const sys::bp_timer_api>,
}

unsafe impl Part for Dev {
    fn bind(&self, binding: &Binding) -> Result {
        self.dev.set(binding.dev);
        self.trace
            .set(binding.get(sys::BP_TRACE_ID, text!("this core does not offer bp.trace/1"))?);
        self.timers
            .set(binding.get(sys::BP_TIMER_ID, text!("this core does not offer bp.timer/1"))?);
        Ok(())
    }
}

/// A text of at most 255 bytes; what does not fit is left out.
pub(crate) struct Short {
    bytes: [u8; 256],
    used: usize,
}

impl Short {
    pub(crate) const fn new() -> Self {
        Short { bytes: [0; 256], used: 0 }
    }

    pub(crate) fn bytes(&self) -> &[u8] {
        self.bytes.get(..self.used).unwrap_or(&[])
    }
}

impl Write for Short {
    fn write_str(&mut self, text: &str) -> core::fmt::Result {
        for byte in text.bytes() {
            if self.used + 1 < self.bytes.len() {
                self.bytes[self.used] = byte;
                self.used += 1;
            }
        }
        Ok(())
    }
}

/// Which time.
#[derive(Clone, Copy)]
pub enum Time {
    /// What the guest sees: nanoseconds since the machine was switched on.
    Virtual = 0,
    /// The host's monotonic clock.
    Host = 1,
    /// Since 1970-01-01 UTC.
    Wall = 2,
}

impl Dev {
    /// A line of the log, of up to 255 bytes: `self.dev().log(Level::Guest, format_args!("no channel {}", n))`.
    pub fn log(&self, level: Level, text: Arguments) {
        let mut short = Short::new();

        let _ = short.write_fmt(text);
        call!(self.trace.log(self.dev.get(), level as u32, short.bytes.as_ptr() as *const sys::c_char), else ())
    }

    /// Nanoseconds.
    pub fn now(&self, time: Time) -> u64 {
        call!(self.timers.now(self.dev.get(), time as u32), else 0)
    }
}

/// An output port of lines: interrupts, GPIO, resets.
#[repr(C)]
pub struct Line {
    port: *mut sys::bp_line,
    api: Cell<*const sys::bp_line_api>,
}

unsafe impl Part for Line {
    fn bind(&self, binding: &Binding) -> Result {
        self.api.set(binding.get(sys::BP_LINE_ID, text!("this core does not offer bp.line/1"))?);
        Ok(())
    }
}

impl Line {
    /// Drives line 0.
    pub fn set(&self, level: bool) {
        self.set_at(0, level);
    }

    /// Drives line `index`. Inputs that it reaches are called before this returns.
    pub fn set_at(&self, index: u32, level: bool) {
        call!(self.api.set(self.port, index, level as u32), else ())
    }

    /// The level last driven.
    pub fn get_at(&self, index: u32) -> bool {
        call!(self.api.get(self.port, index), else 0) != 0
    }
}

/// A clock input.
#[repr(C)]
pub struct ClockIn {
    clock: *mut sys::bp_clock_in,
    api: Cell<*const sys::bp_clock_api>,
}

unsafe impl Part for ClockIn {
    fn bind(&self, binding: &Binding) -> Result {
        self.api.set(binding.get(sys::BP_CLOCK_ID, text!("this core does not offer bp.clock/1"))?);
        Ok(())
    }
}

impl ClockIn {
    /// Hertz; 0: gated or not connected.
    pub fn hz(&self) -> u64 {
        call!(self.api.hz(self.clock), else 0)
    }

    /// Ticks that have begun after `ns`.
    pub fn ticks(&self, ns: u64) -> u64 {
        (ns as u128 * self.hz() as u128 / 1_000_000_000) as u64
    }

    /// The first nanosecond at which `ticks` have passed; `u64::MAX`: never.
    pub fn ns(&self, ticks: u64) -> u64 {
        match self.hz() as u128 {
            0 => u64::MAX,
            hz => u64::try_from((ticks as u128 * 1_000_000_000 + hz - 1) / hz).unwrap_or(u64::MAX),
        }
    }
}

/// A timer: runs a function once, at its deadline or after it.
#[repr(C)]
pub struct Timer {
    timer: Cell<*mut sys::bp_timer>,
    api: Cell<*const sys::bp_timer_api>,
    dev: Cell<*mut sys::bp_dev>,
    instance: Cell<(usize, usize)>,
}

unsafe impl Part for Timer {
    fn bind(&self, binding: &Binding) -> Result {
        self.dev.set(binding.dev);
        self.instance.set(binding.instance);
        self.api.set(binding.get(sys::BP_TIMER_ID, text!("this core does not offer bp.timer/1"))?);
        Ok(())
    }
}

impl Timer {
    /// In `init()` only. `instance` is the one this timer is in; `name` is unique in it and names the timer in
    /// snapshots.
    pub fn create<T: Instance, F: Fn(&T) + Copy>(
        &self,
        instance: &T,
        name: crate::Text,
        _: F,
    ) -> Result {
        unsafe extern "C" fn call<T: Instance, F: Fn(&T) + Copy>(instance: *mut c_void) {
            item::<F>()(this(instance))
        }

        assert_item::<F>();
        // The core will call with the instance that this timer was bound for: it must be a T.
        if self.instance.get() != (instance as *const T as usize, size_of::<T>()) {
            return Err(Error::new(sys::BP_E_INVAL).because(text!("a timer of another instance")));
        }
        let timer = call!(self.api.create(self.dev.get(), name.as_ptr(), Some(call::<T, F>)),
                          else core::ptr::null_mut());
        if timer.is_null() {
            return Err(Error::new(sys::BP_E_NOMEM));
        }
        self.timer.set(timer);
        Ok(())
    }

    /// Virtual nanoseconds. Arming again replaces the deadline.
    pub fn arm(&self, deadline: u64) {
        if !self.timer.get().is_null() {
            call!(self.api.arm(self.timer.get(), deadline), else ())
        }
    }

    /// No call follows.
    pub fn cancel(&self) {
        if !self.timer.get().is_null() {
            call!(self.api.cancel(self.timer.get()), else ())
        }
    }
}

/// The device's end of a character back end.
#[repr(C)]
pub struct Chardev {
    port: *mut sys::bp_char,
    api: Cell<*const sys::bp_char_api>,
}

unsafe impl Part for Chardev {
    fn bind(&self, binding: &Binding) -> Result {
        self.api.set(binding.get(sys::BP_CHAR_ID, text!("this core does not offer bp.char/1"))?);
        Ok(())
    }
}

impl Chardev {
    /// Returns how many were taken; when fewer, `on_writable` follows.
    pub fn write(&self, bytes: &[u8]) -> usize {
        let most = u32::try_from(bytes.len()).unwrap_or(u32::MAX);

        call!(self.api.write(self.port, bytes.as_ptr() as *const c_void, most), else most) as usize
    }

    /// There is more room than before.
    pub fn resume(&self) {
        call!(self.api.resume(self.port), else ())
    }

    /// A peer listens.
    pub fn connected(&self) -> bool {
        call!(self.api.connected(self.port), else 0) != 0
    }
}

/// What a character back end calls.
#[repr(transparent)]
pub struct CharClient<T>(pub(crate) sys::bp_char_client, PhantomData<fn(&T)>);
unsafe impl<T> Sync for CharClient<T> {}

impl<T: Instance> CharClient<T> {
    /// `room` says how many bytes the device can take now; `on_input` takes them.
    pub const fn new<R, I>(_: R, _: I) -> Self
    where
        R: Fn(&T) -> u32 + Copy,
        I: Fn(&T, &[u8]) + Copy,
    {
        unsafe extern "C" fn room<T: Instance, R: Fn(&T) -> u32 + Copy>(
            instance: *mut c_void,
        ) -> u32 {
            item::<R>()(this(instance))
        }
        unsafe extern "C" fn input<T: Instance, I: Fn(&T, &[u8]) + Copy>(
            instance: *mut c_void,
            data: *const u8,
            bytes: u32,
        ) {
            if bytes != 0 {
                item::<I>()(this(instance), core::slice::from_raw_parts(data, bytes as usize))
            }
        }

        assert_item::<R>();
        assert_item::<I>();
        let mut client = sys::bp_char_client::ZERO;
        client.size = size_of::<sys::bp_char_client>() as u32;
        client.room = Some(room::<T, R>);
        client.on_input = Some(input::<T, I>);
        CharClient(client, PhantomData)
    }

    /// Output that was not taken is worth another try.
    pub const fn on_writable<F: Fn(&T) + Copy>(mut self, _: F) -> Self {
        unsafe extern "C" fn call<T: Instance, F: Fn(&T) + Copy>(instance: *mut c_void) {
            item::<F>()(this(instance))
        }

        assert_item::<F>();
        self.0.on_writable = Some(call::<T, F>);
        self
    }

    /// `sys::BP_CHAR_*`
    pub const fn on_event<F: Fn(&T, u32) + Copy>(mut self, _: F) -> Self {
        unsafe extern "C" fn call<T: Instance, F: Fn(&T, u32) + Copy>(
            instance: *mut c_void,
            event: u32,
        ) {
            item::<F>()(this(instance), event)
        }

        assert_item::<F>();
        self.0.on_event = Some(call::<T, F>);
        self
    }
}

/// A bus to issue DMA on.
#[repr(C)]
pub struct Bus {
    bus: *mut sys::bp_bus,
    api: Cell<*const sys::bp_dma_api>,
}

unsafe impl Part for Bus {
    fn bind(&self, binding: &Binding) -> Result {
        self.api.set(binding.get(sys::BP_DMA_ID, text!("this core does not offer bp.dma/1"))?);
        Ok(())
    }
}

impl Bus {
    /// Fills `data` from guest memory. `BP_E_PARTIAL`: only a leading part of it.
    pub fn read(&self, address: u64, data: &mut [u8]) -> Result {
        check(
            call!(self.api.read(self.bus, address, data.as_mut_ptr() as *mut c_void, data.len() as u64),
                    else sys::BP_E_UNSUPPORTED),
        )
    }

    /// Writes `data` to guest memory.
    pub fn write(&self, address: u64, data: &[u8]) -> Result {
        check(
            call!(self.api.write(self.bus, address, data.as_ptr() as *const c_void, data.len() as u64),
                    else sys::BP_E_UNSUPPORTED),
        )
    }
}

macro_rules! quantities {
    ($($(#[$attribute:meta])* $name:ident($type:ty))*) => {$(
        $(#[$attribute])*
        #[derive(Clone, Copy)]
        #[repr(transparent)]
        pub struct $name(
            /// The value.
            pub $type,
        );
        unsafe impl Part for $name {}
    )*};
}
quantities! {
    /// A property in bytes.
    Size(u64)
    /// A property in hertz.
    Freq(u64)
    /// A property in nanoseconds.
    Duration(u64)
    /// A property that is one of several words: its index.
    Choice(u32)
}

/// A property that is a text.
#[repr(transparent)]
pub struct TextProp(*const sys::c_char);
unsafe impl Part for TextProp {}

impl TextProp {
    /// Without the zero byte at its end; empty when it is not given.
    pub fn bytes(&self) -> &[u8] {
        let mut length = 0;

        if self.0.is_null() {
            return &[];
        }
        unsafe {
            while *self.0.add(length) != 0 {
                length += 1;
            }
            core::slice::from_raw_parts(self.0 as *const u8, length)
        }
    }
}
