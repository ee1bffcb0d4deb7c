// SPDX-License-Identifier: Apache-2.0
//! The class of a device and its rows (`<backplane/device.h>`, `<backplane/props.h>`, `<backplane/state.h>`).
use crate::instance::{assert_item, item, this, Binding};
use crate::parts::{
    Bus, CharClient, Chardev, Choice, ClockIn, Device, Duration, Freq, Line, Size, TextProp,
};
use crate::{sys, Cells, Error, Field, Instance, Region, Reset, Result, Text};
use core::ffi::c_void;
use core::marker::PhantomData;
use core::mem::{align_of, size_of};
use core::ptr::null;

/// The member of a property.
///
/// # Safety
/// `TYPE` is a `BP_PROP_*` for which the core writes a value of this type.
pub unsafe trait PropType {
    /// `sys::BP_PROP_*`
    const TYPE: u32;
}

macro_rules! prop_types {
    ($($type:ty = $number:ident)*) => {$(
        unsafe impl PropType for $type {
            const TYPE: u32 = sys::$number;
        }
    )*};
}
prop_types! {
    bool = BP_PROP_BOOL u8 = BP_PROP_U8 u16 = BP_PROP_U16 u32 = BP_PROP_U32 u64 = BP_PROP_U64 i64 = BP_PROP_I64
    f64 = BP_PROP_F64 TextProp = BP_PROP_STR Size = BP_PROP_SIZE Freq = BP_PROP_FREQ Duration = BP_PROP_DURATION
}

/// A word of [`choices!`](crate::choices).
#[repr(transparent)]
pub struct Word(*const sys::c_char);
unsafe impl Sync for Word {}

impl Word {
    #[doc(hidden)]
    pub const END: Word = Word(null());

    #[doc(hidden)]
    pub const fn new(word: Text) -> Self {
        Word(word.as_ptr())
    }
}

/// A list made by [`choices!`](crate::choices).
#[derive(Clone, Copy)]
pub struct Choices(&'static [Word]);

impl Choices {
    /// # Safety
    /// The last one is `END`.
    #[doc(hidden)]
    pub const unsafe fn terminated(words: &'static [Word]) -> Self {
        Choices(words)
    }
}

/// The words of a property: `choices!["none", "even", "odd"]`.
#[macro_export]
macro_rules! choices {
    ($($word:literal),+ $(,)?) => {
        unsafe {
            const WORDS: &[$crate::hidden::Word] =
                &[$($crate::hidden::Word::new($crate::text!($word)),)+ $crate::hidden::Word::END];
            $crate::Choices::terminated(WORDS)
        }
    };
}

/// What a description may say under a node; of instances `T`.
#[repr(transparent)]
pub struct Prop<T>(sys::bp_prop, PhantomData<fn(&T)>);
unsafe impl<T> Sync for Prop<T> {}

impl<T: Instance> Prop<T> {
    const fn row(name: Text, doc: Text, kind: u32, offset: u32) -> Self {
        let mut row = sys::bp_prop::ZERO;

        row.name = name.as_ptr();
        row.doc = doc.as_ptr();
        row.r#type = kind;
        row.offset = offset;
        Prop(row, PhantomData)
    }

    /// Of the type of the member.
    pub const fn new<M: PropType>(name: Text, doc: Text, member: Field<T, M>) -> Self {
        Prop::row(name, doc, M::TYPE, member.offset)
    }

    /// One of several words, from [`choices!`](crate::choices).
    pub const fn choice(name: Text, doc: Text, member: Field<T, Choice>, choices: Choices) -> Self {
        let mut prop = Prop::row(name, doc, sys::BP_PROP_ENUM, member.offset);

        prop.0.choices = choices.0.as_ptr() as *const *const sys::c_char;
        prop
    }

    /// The default, as it would be written.
    pub const fn default(mut self, text: Text) -> Self {
        self.0.def = text.as_ptr();
        self
    }

    /// It must be given.
    pub const fn required(mut self) -> Self {
        self.0.flags |= sys::BP_PROP_REQUIRED;
        self
    }

    /// Inclusive.
    pub const fn range(mut self, min: u64, max: u64) -> Self {
        self.0.min = min;
        self.0.max = max;
        self
    }
}

/// A connection point of instances `T`.
#[repr(transparent)]
pub struct Port<T>(sys::bp_port, PhantomData<fn(&T)>);
unsafe impl<T> Sync for Port<T> {}

impl<T: Instance> Port<T> {
    const fn row(name: Text, doc: Text, kind: u32, dir: u32, offset: u32) -> Self {
        let mut row = sys::bp_port::ZERO;

        row.name = name.as_ptr();
        row.doc = doc.as_ptr();
        row.kind = kind;
        row.dir = dir;
        row.offset = offset;
        Port(row, PhantomData)
    }

    /// Interrupts it raises.
    pub const fn irq(name: Text, doc: Text, member: Field<T, Line>) -> Self {
        Port::row(name, doc, sys::BP_PORT_IRQ, sys::BP_DIR_OUT, member.offset)
    }

    /// Pins it drives.
    pub const fn gpio(name: Text, doc: Text, member: Field<T, Line>) -> Self {
        Port::row(name, doc, sys::BP_PORT_GPIO, sys::BP_DIR_OUT, member.offset)
    }

    /// Resets of others that it drives.
    pub const fn reset(name: Text, doc: Text, member: Field<T, Line>) -> Self {
        Port::row(name, doc, sys::BP_PORT_RESET, sys::BP_DIR_OUT, member.offset)
    }

    /// Lines that come in: `kind` is `sys::BP_PORT_IRQ`, `GPIO` or `RESET`; the function gets index and level.
    pub const fn input<F: Fn(&T, u32, bool) + Copy>(
        name: Text,
        doc: Text,
        kind: u32,
        _: F,
    ) -> Self {
        unsafe extern "C" fn call<T: Instance, F: Fn(&T, u32, bool) + Copy>(
            instance: *mut c_void,
            index: u32,
            level: u32,
        ) {
            item::<F>()(this(instance), index, level != 0)
        }

        assert!(
            kind == sys::BP_PORT_IRQ || kind == sys::BP_PORT_GPIO || kind == sys::BP_PORT_RESET
        );
        assert_item::<F>();
        let mut port = Port::row(name, doc, kind, sys::BP_DIR_IN, sys::BP_NO_OFFSET);
        port.0.on_line = Some(call::<T, F>);
        port
    }

    /// A clock that comes in.
    pub const fn clock(name: Text, doc: Text, member: Field<T, ClockIn>) -> Self {
        Port::row(name, doc, sys::BP_PORT_CLOCK, sys::BP_DIR_IN, member.offset)
    }

    /// Hears of another frequency; of a clock.
    pub const fn on_clock<F: Fn(&T, u64) + Copy>(mut self, _: F) -> Self {
        unsafe extern "C" fn call<T: Instance, F: Fn(&T, u64) + Copy>(
            instance: *mut c_void,
            hz: u64,
        ) {
            item::<F>()(this(instance), hz)
        }

        assert!(self.0.kind == sys::BP_PORT_CLOCK, "no clock");
        assert_item::<F>();
        self.0.on_clock = Some(call::<T, F>);
        self
    }

    /// The bus it issues DMA on.
    pub const fn bus(name: Text, doc: Text, member: Field<T, Bus>) -> Self {
        Port::row(name, doc, sys::BP_PORT_BUS, sys::BP_DIR_OUT, member.offset)
    }

    /// A character back end.
    pub const fn chardev(
        name: Text,
        doc: Text,
        member: Field<T, Chardev>,
        client: &'static CharClient<T>,
    ) -> Self {
        let mut port = Port::row(name, doc, sys::BP_PORT_CHAR, sys::BP_DIR_OUT, member.offset);

        port.0.client = client as *const CharClient<T> as *const c_void;
        port
    }

    /// Lines in it.
    pub const fn width(mut self, lines: u32) -> Self {
        self.0.width = lines;
        self
    }

    /// The u32 property that says how many lines are in it.
    pub const fn width_from(mut self, property: Text) -> Self {
        self.0.width_prop = property.as_ptr();
        self
    }

    /// The description must connect it.
    pub const fn required(mut self) -> Self {
        self.0.flags |= sys::BP_PORT_REQUIRED;
        self
    }

    /// The word in YAML, when it is not that of the kind.
    pub const fn word(mut self, word: Text) -> Self {
        self.0.word = word.as_ptr();
        self
    }
}

/// A member in snapshots, beyond bound registers.
#[repr(transparent)]
pub struct StateField<T>(sys::bp_state_field, PhantomData<fn(&T)>);
unsafe impl<T> Sync for StateField<T> {}

impl<T: Instance> StateField<T> {
    /// `tag`: from 1 on, never used again for anything else.
    pub const fn new<M: Cells>(tag: u32, name: Text, member: Field<T, M>) -> Self {
        let mut row = sys::bp_state_field::ZERO;

        row.tag = tag;
        row.name = name.as_ptr();
        row.offset = member.offset;
        row.count = M::COUNT;
        row.r#type = match M::WIDTH {
            1 => sys::BP_STATE_U8,
            2 => sys::BP_STATE_U16,
            4 => sys::BP_STATE_U32,
            _ => sys::BP_STATE_U64,
        };
        StateField(row, PhantomData)
    }

    /// A snapshot may lack it, and a reader that does not know it may go on.
    pub const fn optional(mut self) -> Self {
        self.0.flags |= sys::BP_STATE_OPTIONAL;
        self
    }
}

/// What of an instance belongs into a snapshot.
#[repr(transparent)]
pub struct State<T>(sys::bp_state, PhantomData<fn(&T)>);
unsafe impl<T> Sync for State<T> {}

impl<T: Instance> State<T> {
    /// `version` counts from 1.
    pub const fn new(version: u32, fields: &'static [StateField<T>]) -> Self {
        let mut state = sys::bp_state::ZERO;

        state.size = size_of::<sys::bp_state>() as u32;
        state.version = version;
        state.fields = fields.as_ptr() as *const sys::bp_state_field;
        state.nfields = fields.len() as u32;
        state.field_stride = size_of::<StateField<T>>() as u32;
        State(state, PhantomData)
    }

    /// Checks what came from a file, and recomputes what follows from it. It may touch its own device only.
    pub const fn post_load<F: Fn(&T) -> Result + Copy>(mut self, _: F) -> Self {
        unsafe extern "C" fn call<T: Instance, F: Fn(&T) -> Result + Copy>(
            instance: *mut c_void,
        ) -> i32 {
            match item::<F>()(this(instance)) {
                Ok(()) => sys::BP_OK,
                Err(error) => error.status,
            }
        }

        assert_item::<F>();
        self.0.post_load = Some(call::<T, F>);
        self
    }
}

/// How instances present themselves in the guest's device tree, beside what the description says.
#[repr(transparent)]
pub struct Fdt(pub(crate) sys::bp_fdt_node);
unsafe impl Sync for Fdt {}

impl Fdt {
    /// `name`: generic, such as "serial". `compatible`: most specific first, with `\n` between them.
    pub const fn new(name: Text, compatible: Text) -> Self {
        let mut node = sys::bp_fdt_node::ZERO;

        node.size = size_of::<sys::bp_fdt_node>() as u32;
        node.name = name.as_ptr();
        node.compatible = compatible.as_ptr();
        Fdt(node)
    }
}

/// A class of devices, whose instances are of type `T`.
#[repr(transparent)]
pub struct Class<T>(sys::bp_device_class, PhantomData<fn(&T)>);
unsafe impl<T> Sync for Class<T> {}

unsafe extern "C" fn init<T: Device>(
    instance: *mut c_void,
    dev: *mut sys::bp_dev,
    core: *const sys::bp_core,
) -> i32 {
    let it = this::<T>(instance);
    let binding = Binding { dev, core: &*core, instance: (instance as usize, size_of::<T>()) };

    match it.bind(&binding).and_then(|()| it.init()) {
        Ok(()) => sys::BP_OK,
        Err(error) => explain(&binding, error),
    }
}

/// The words of an error, for the user; its status, for the core.
unsafe fn explain(binding: &Binding, error: Error) -> i32 {
    const MISSING: Text = crate::text!("this core does not offer bp.error/1");
    let set = match binding.get::<sys::bp_error_api>(sys::BP_ERROR_ID, MISSING) {
        Ok(api) => (*api).set,
        Err(_) => None,
    };

    if let (Some(set), Some(text)) = (set, error.text) {
        set(binding.dev, error.property.map_or(null(), Text::as_ptr), text.as_ptr());
    }
    error.status
}

unsafe extern "C" fn reset<T: Device>(instance: *mut c_void, kind: u32) {
    this::<T>(instance).reset(match kind {
        sys::BP_RESET_COLD => Reset::Cold,
        sys::BP_RESET_WARM => Reset::Warm,
        _ => Reset::Bus,
    })
}

unsafe extern "C" fn finish<T: Device>(instance: *mut c_void) {
    this::<T>(instance).finish()
}

unsafe extern "C" fn get_iface<T: Device>(_: *mut c_void, id: *const sys::c_char) -> *const c_void {
    match T::FDT {
        Some(node) if same(id, sys::BP_FDT_NODE_ID) => node as *const Fdt as *const c_void,
        _ => null(),
    }
}

/// Of a C string and one with its zero byte.
pub(crate) unsafe fn same(id: *const sys::c_char, wanted: &[u8]) -> bool {
    wanted.iter().enumerate().all(|(i, &byte)| *id.add(i) as u8 == byte)
}

impl<T: Device> Class<T> {
    /// `name` is the part behind the slash of a node's type.
    pub const fn new(name: Text, doc: Text) -> Self {
        let mut class = sys::bp_device_class::ZERO;

        class.size = size_of::<sys::bp_device_class>() as u32;
        class.instance_size = size_of::<T>() as u32;
        class.instance_align = align_of::<T>() as u32;
        class.name = name.as_ptr();
        class.doc = doc.as_ptr();
        class.init = Some(init::<T>);
        class.reset = Some(reset::<T>);
        class.finish = Some(finish::<T>);
        class.get_iface = Some(get_iface::<T>);
        Class(class, PhantomData)
    }

    /// Its properties.
    pub const fn props(mut self, props: &'static [Prop<T>]) -> Self {
        self.0.props = props.as_ptr() as *const sys::bp_prop;
        self.0.nprops = props.len() as u32;
        self.0.prop_stride = size_of::<Prop<T>>() as u32;
        self
    }

    /// Its ports.
    pub const fn ports(mut self, ports: &'static [Port<T>]) -> Self {
        self.0.ports = ports.as_ptr() as *const sys::bp_port;
        self.0.nports = ports.len() as u32;
        self.0.port_stride = size_of::<Port<T>>() as u32;
        self
    }

    /// Its regions.
    pub const fn regions(mut self, regions: &'static [Region<T>]) -> Self {
        self.0.regions = regions.as_ptr() as *const sys::bp_region;
        self.0.nregions = regions.len() as u32;
        self.0.region_stride = size_of::<Region<T>>() as u32;
        self
    }

    /// Its snapshots.
    pub const fn state(mut self, state: &'static State<T>) -> Self {
        self.0.state = &state.0;
        self
    }

    #[doc(hidden)]
    pub const fn row(&'static self) -> *const sys::bp_device_class {
        &self.0
    }
}
