// SPDX-License-Identifier: Apache-2.0
//! The down counter of countdown.c in Rust: the same registers, the same snapshot.
//!
//!     0x0 CTRL    bit 0 EN: counts; bit 1 IE: interrupt enable; bit 2 AUTO: starts again from LOAD
//!     0x4 LOAD    ticks of the clock input from start to expiry
//!     0x8 VALUE   ticks left (read-only)
//!     0xc STATUS  bit 0 EXPIRED: write 1 to clear
#![no_std]

use backplane::{fields, instance, sys, text};
use backplane::{
    Access, Class, ClockIn, Device, Instance, Line, Port, Reg, RegField, Region, Reset, Result,
    State, StateField, Time, Timer,
};
use core::cell::Cell;

const EN: u32 = 1;
const IE: u32 = 2;
const AUTO: u32 = 4;
const EXPIRED: u32 = 1;

instance! {
    struct Countdown {
        irq: Line,
        clock: ClockIn,
        timer: Timer,
        ctrl: Cell<u32>,
        load: Cell<u32>,
        status: Cell<u32>,
        /// Virtual time; holds while EN.
        expiry: Cell<u64>,
    }
}

// --- behaviour --------------------------------------------------------------------------

impl Countdown {
    fn update_irq(&self) {
        self.irq.set(self.status.get() & EXPIRED != 0 && self.ctrl.get() & IE != 0);
    }

    fn start(&self, from: u64) {
        let ticks = self.load.get().max(1);

        self.expiry.set(from.saturating_add(self.clock.ns(ticks.into())));
        self.timer.arm(self.expiry.get());
    }

    fn on_expiry(&self) {
        self.status.set(self.status.get() | EXPIRED);
        if self.ctrl.get() & AUTO != 0 {
            self.start(self.expiry.get()); // not from now: a late callback must not make the period longer
        } else {
            self.ctrl.set(self.ctrl.get() & !EN);
        }
        self.update_irq();
    }

    fn on_ctrl_write(&self, _index: u32, value: u64, old: u64) {
        let (is, was) = (value as u32 & EN, old as u32 & EN);

        if is > was {
            self.start(self.dev().now(Time::Virtual));
        } else if is < was {
            self.timer.cancel();
        }
        self.update_irq();
    }

    fn on_value_read(&self, _index: u32, _value: u64, _access: &Access) -> u64 {
        let now = self.dev().now(Time::Virtual);

        if self.ctrl.get() & EN == 0 {
            return 0;
        }
        self.clock.ticks(self.expiry.get().saturating_sub(now))
    }

    fn on_status_write(&self, _index: u32, _value: u64, _old: u64) {
        self.update_irq();
    }
}

impl Device for Countdown {
    fn init(&self) -> Result {
        self.timer.create(self, text!("expiry"), Countdown::on_expiry)
    }

    fn reset(&self, _kind: Reset) {
        self.timer.cancel(); // the registers have their reset values already
        self.update_irq();
    }
}

// --- rows -------------------------------------------------------------------------------

static REGS: [Reg<Countdown>; 4] = [
    Reg::rw(0x0, text!("CTRL"), Countdown::ctrl)
        .doc(text!("control"))
        .mask((EN | IE | AUTO) as u64)
        .fields(fields![
            RegField::new(text!("EN"), text!("counts"), 0, 1),
            RegField::new(text!("IE"), text!("interrupt enable"), 1, 1),
            RegField::new(text!("AUTO"), text!("starts again from LOAD"), 2, 1),
        ])
        .on_write(Countdown::on_ctrl_write),
    Reg::rw(0x4, text!("LOAD"), Countdown::load).doc(text!("ticks to expiry")),
    Reg::unbound(0x8, text!("VALUE"), sys::BP_REG_RO, 4)
        .doc(text!("ticks left"))
        .on_read(Countdown::on_value_read),
    Reg::new(0xc, text!("STATUS"), sys::BP_REG_W1C, Countdown::status)
        .doc(text!("bit 0: expired"))
        .mask(EXPIRED as u64)
        .on_write(Countdown::on_status_write),
];

static REGIONS: [Region<Countdown>; 1] =
    [Region::new(text!("reg"), text!("the registers")).length(0x10).regs(&REGS)];

static PORTS: [Port<Countdown>; 2] = [
    Port::irq(text!("irq"), text!("expiry"), Countdown::irq),
    Port::clock(text!("clock"), text!("what is counted"), Countdown::clock).required(),
];

static FIELDS: [StateField<Countdown>; 1] =
    [StateField::new(1, text!("expiry"), Countdown::expiry)];
static STATE: State<Countdown> = State::new(1, &FIELDS);

// --- the plug-in ------------------------------------------------------------------------

static COUNTDOWN: Class<Countdown> =
    Class::new(text!("countdown"), text!("down counter with an interrupt"))
        .ports(&PORTS)
        .regions(&REGIONS)
        .state(&STATE);

backplane::plugin! {
    id: "countdown-rust", version: "1.0.0", vendor: "Example", license: "Apache-2.0", doc: "a down counter",
    devices: [COUNTDOWN],
}
