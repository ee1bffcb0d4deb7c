// SPDX-License-Identifier: Apache-2.0
//! The C headers of Backplane's plug-in ABI (`<backplane/...>`, tier D) as Rust: structs, interfaces and constants, under
//! their own names. What they mean is said in the headers. Everything here is unsafe to use; `backplane` is not.
//!
//! Written by `tests/abi/gate.py rust . --update` from the headers; not to be edited.
#![no_std]
#![allow(non_camel_case_types)]
#![cfg_attr(rustfmt, rustfmt_skip)]

pub use core::ffi::c_void;

/// As the C compiler of the platform has it.
#[cfg(target_arch = "x86_64")]
pub type c_char = i8;
#[cfg(not(target_arch = "x86_64"))]
pub type c_char = u8;

pub const BP_ACCESS_DEBUG: u32 = 1;
pub const BP_ACCESS_FETCH: u32 = 4;
pub const BP_ACCESS_SECURE: u32 = 2;
pub const BP_BACKEND_BLOCK: u32 = 2;
pub const BP_BACKEND_CHAR: u32 = 1;
pub const BP_BACKEND_HOST_ID: &[u8; 18] = b"bp.backend-host/1\0";
pub const BP_BACKEND_TERMINAL: u32 = 1;
pub const BP_BLOCK_DISCARD: u32 = 3;
pub const BP_BLOCK_FLUSH: u32 = 2;
pub const BP_BLOCK_ID: &[u8; 11] = b"bp.block/1\0";
pub const BP_BLOCK_READ: u32 = 0;
pub const BP_BLOCK_READ_ONLY: u32 = 1;
pub const BP_BLOCK_WRITE: u32 = 1;
pub const BP_BLOCK_ZERO: u32 = 4;
pub const BP_BUS_UNADDRESSED: u32 = 1;
pub const BP_CAN_ACK: u32 = 1;
pub const BP_CAN_BROKEN: u32 = 2;
pub const BP_CAN_BUS: &[u8; 9] = b"bp.can/1\0";
pub const BP_CAN_ERROR: u32 = 2;
pub const BP_CAN_EXTENDED: u32 = 1;
pub const BP_CAN_LISTENS: u32 = 3;
pub const BP_CAN_NODE_ID: &[u8; 14] = b"bp.can-node/1\0";
pub const BP_CAN_NO_ACK: u32 = 1;
pub const BP_CAN_RECORD: u32 = 16;
pub const BP_CAN_RECORD_ERROR: u32 = 0x20000000;
pub const BP_CAN_RECORD_EXTENDED: u32 = 0x80000000;
pub const BP_CAN_RECORD_REMOTE: u32 = 0x40000000;
pub const BP_CAN_REMOTE: u32 = 2;
pub const BP_CAN_SENT: u32 = 0;
pub const BP_CAN_SILENT: u32 = 0;
pub const BP_CAN_WIRE_ID: &[u8; 14] = b"bp.can-wire/1\0";
pub const BP_CHAR_BREAK: u32 = 3;
pub const BP_CHAR_CLOSED: u32 = 2;
pub const BP_CHAR_ID: &[u8; 10] = b"bp.char/1\0";
pub const BP_CHAR_OPENED: u32 = 1;
pub const BP_CLOCK_ID: &[u8; 11] = b"bp.clock/1\0";
pub const BP_COUNTER_ID: &[u8; 13] = b"bp.counter/1\0";
pub const BP_DEVICE_PARALLEL: u32 = 1;
pub const BP_DIR_IN: u32 = 0;
pub const BP_DIR_OUT: u32 = 1;
pub const BP_DMA_FROM_DEVICE: u32 = 1;
pub const BP_DMA_ID: &[u8; 9] = b"bp.dma/1\0";
pub const BP_DMA_TO_DEVICE: u32 = 0;
pub const BP_ENDIAN_BIG: u32 = 1;
pub const BP_ENDIAN_LITTLE: u32 = 0;
pub const BP_ERROR_ID: &[u8; 11] = b"bp.error/1\0";
pub const BP_E_ACCESS: i32 = -8;
pub const BP_E_AGAIN: i32 = -10;
pub const BP_E_DECODE: i32 = -7;
pub const BP_E_FAULT: i32 = -11;
pub const BP_E_FULL: i32 = -12;
pub const BP_E_INVAL: i32 = -1;
pub const BP_E_IO: i32 = -4;
pub const BP_E_NOENT: i32 = -3;
pub const BP_E_NOMEM: i32 = -2;
pub const BP_E_PARTIAL: i32 = -9;
pub const BP_E_STATE: i32 = -6;
pub const BP_E_UNSUPPORTED: i32 = -5;
pub const BP_FACTORY_ACCELS: &[u8; 12] = b"bp.accels/1\0";
pub const BP_FACTORY_BACKENDS: &[u8; 14] = b"bp.backends/1\0";
pub const BP_FACTORY_CPUS: &[u8; 10] = b"bp.cpus/1\0";
pub const BP_FACTORY_DEVICES: &[u8; 13] = b"bp.devices/1\0";
pub const BP_FDT_NODE_ID: &[u8; 14] = b"bp.fdt-node/1\0";
pub const BP_FDT_NO_INTERRUPTS: u32 = 2;
pub const BP_FDT_NO_REG: u32 = 1;
pub const BP_FDT_ROOT: u32 = 4;
pub const BP_I2C_ALERT_RESPONSE: u32 = 0x0c;
pub const BP_I2C_ALL_ADDRESSES: u32 = 1;
pub const BP_I2C_BUS: &[u8; 9] = b"bp.i2c/1\0";
pub const BP_I2C_FIRST: u32 = 0x08;
pub const BP_I2C_GENERAL_CALL: u32 = 0x00;
pub const BP_I2C_LAST: u32 = 0x77;
pub const BP_I2C_TARGET_ID: &[u8; 16] = b"bp.i2c-target/1\0";
pub const BP_INITIATOR_DMA: u32 = 0xffffffff;
pub const BP_LINE_ID: &[u8; 10] = b"bp.line/1\0";
pub const BP_LOG_DEBUG: u32 = 4;
pub const BP_LOG_ERROR: u32 = 0;
pub const BP_LOG_GUEST: u32 = 2;
pub const BP_LOG_INFO: u32 = 3;
pub const BP_LOG_WARN: u32 = 1;
pub const BP_LOOP_HANGUP: u32 = 4;
pub const BP_LOOP_ID: &[u8; 10] = b"bp.loop/1\0";
pub const BP_LOOP_READABLE: u32 = 1;
pub const BP_LOOP_WRITABLE: u32 = 2;
pub const BP_MACHINE_ID: &[u8; 13] = b"bp.machine/1\0";
pub const BP_MEM_ID: &[u8; 9] = b"bp.mem/1\0";
pub const BP_NO_OFFSET: u32 = 0xffffffff;
pub const BP_OK: i32 = 0;
pub const BP_PORT_BLOCK: u32 = 7;
pub const BP_PORT_BUS: u32 = 5;
pub const BP_PORT_CHAR: u32 = 6;
pub const BP_PORT_CLOCK: u32 = 4;
pub const BP_PORT_GPIO: u32 = 2;
pub const BP_PORT_IRQ: u32 = 1;
pub const BP_PORT_OPTIONAL: u32 = 0;
pub const BP_PORT_REQUIRED: u32 = 1;
pub const BP_PORT_RESET: u32 = 3;
pub const BP_POWER_FAIL: u32 = 2;
pub const BP_POWER_OFF: u32 = 0;
pub const BP_POWER_RESET: u32 = 1;
pub const BP_PROP_ADDR: u32 = 13;
pub const BP_PROP_BOOL: u32 = 1;
pub const BP_PROP_BYTES: u32 = 9;
pub const BP_PROP_DURATION: u32 = 14;
pub const BP_PROP_ENUM: u32 = 10;
pub const BP_PROP_F64: u32 = 7;
pub const BP_PROP_FREQ: u32 = 12;
pub const BP_PROP_I64: u32 = 6;
pub const BP_PROP_LIST: u32 = 16;
pub const BP_PROP_PATH: u32 = 17;
pub const BP_PROP_REF: u32 = 15;
pub const BP_PROP_REQUIRED: u32 = 1;
pub const BP_PROP_SIZE: u32 = 11;
pub const BP_PROP_STR: u32 = 8;
pub const BP_PROP_U16: u32 = 3;
pub const BP_PROP_U32: u32 = 4;
pub const BP_PROP_U64: u32 = 5;
pub const BP_PROP_U8: u32 = 2;
pub const BP_RANDOM_ID: &[u8; 12] = b"bp.random/1\0";
pub const BP_READ_CLEARS: u32 = 1;
pub const BP_READ_KEEPS: u32 = 0;
pub const BP_READ_SETS: u32 = 2;
pub const BP_REGION_FLOATING: u32 = 4;
pub const BP_REGION_MMIO: u32 = 0;
pub const BP_REGION_OPTIONAL: u32 = 8;
pub const BP_REGION_RAM: u32 = 1;
pub const BP_REGION_ROMD: u32 = 2;
pub const BP_REG_RC: u32 = 6;
pub const BP_REG_RO: u32 = 1;
pub const BP_REG_RW: u32 = 0;
pub const BP_REG_W0C: u32 = 4;
pub const BP_REG_W0S: u32 = 7;
pub const BP_REG_W0T: u32 = 9;
pub const BP_REG_W1C: u32 = 3;
pub const BP_REG_W1S: u32 = 5;
pub const BP_REG_W1T: u32 = 8;
pub const BP_REG_WC: u32 = 10;
pub const BP_REG_WO: u32 = 2;
pub const BP_REG_WS: u32 = 11;
pub const BP_RESET_BUS: u32 = 2;
pub const BP_RESET_COLD: u32 = 0;
pub const BP_RESET_WARM: u32 = 1;
pub const BP_SEAT_OPTIONAL: u32 = 1;
pub const BP_SPI_BUS: &[u8; 9] = b"bp.spi/1\0";
pub const BP_SPI_CPHA: u32 = 1;
pub const BP_SPI_CPOL: u32 = 2;
pub const BP_SPI_LISTEN: u32 = 4;
pub const BP_SPI_TARGET_ID: &[u8; 16] = b"bp.spi-target/1\0";
pub const BP_STATE_BYTES: u32 = 5;
pub const BP_STATE_OPTIONAL: u32 = 1;
pub const BP_STATE_U16: u32 = 2;
pub const BP_STATE_U32: u32 = 3;
pub const BP_STATE_U64: u32 = 4;
pub const BP_STATE_U8: u32 = 1;
pub const BP_THREAD_ID: &[u8; 12] = b"bp.thread/1\0";
pub const BP_TIMER_ID: &[u8; 11] = b"bp.timer/1\0";
pub const BP_TIME_HOST: u32 = 1;
pub const BP_TIME_VIRTUAL: u32 = 0;
pub const BP_TIME_WALL: u32 = 2;
pub const BP_TRACE_ID: &[u8; 11] = b"bp.trace/1\0";
pub const BP_UNBOUND: u32 = 0xffffffff;

#[repr(C)]
#[derive(Clone, Copy)]
pub struct bp_access {
    pub size: u32,
    pub flags: u32,
    pub addr: u64,
    pub width: u32,
    pub initiator: u32,
}

impl bp_access {
    /// All bits zero: what absent members mean.
    pub const ZERO: Self = Self {
        size: 0,
        flags: 0,
        addr: 0,
        width: 0,
        initiator: 0,
    };
}

#[repr(C)]
#[derive(Clone, Copy)]
pub struct bp_attached {
    pub self_: *mut c_void,
    pub iface: *const c_void,
    pub dev: *mut bp_dev,
    pub path: *const c_char,
    pub address: u64,
    pub naddress: u64,
    pub bus: u32,
    pub reserved: u32,
}

impl bp_attached {
    /// All bits zero: what absent members mean.
    pub const ZERO: Self = Self {
        self_: core::ptr::null_mut(),
        iface: core::ptr::null(),
        dev: core::ptr::null_mut(),
        path: core::ptr::null(),
        address: 0,
        naddress: 0,
        bus: 0,
        reserved: 0,
    };
}

#[repr(C)]
#[derive(Clone, Copy)]
pub struct bp_backend_class {
    pub size: u32,
    pub flags: u32,
    pub instance_size: u32,
    pub instance_align: u32,
    pub name: *const c_char,
    pub doc: *const c_char,
    pub kind: u32,
    pub reserved: u32,
    pub props: *const bp_prop,
    pub nprops: u32,
    pub prop_stride: u32,
    pub init: Option<unsafe extern "C" fn(*mut c_void, *mut bp_dev, *const bp_core) -> i32>,
    pub finish: Option<unsafe extern "C" fn(*mut c_void)>,
    pub write: Option<unsafe extern "C" fn(*mut c_void, *const c_void, u64) -> i64>,
    pub credit: Option<unsafe extern "C" fn(*mut c_void, u64)>,
    pub info: Option<unsafe extern "C" fn(*mut c_void, *mut bp_block_info) -> i32>,
    pub submit: Option<unsafe extern "C" fn(*mut c_void, *mut bp_block_io)>,
}

impl bp_backend_class {
    /// All bits zero: what absent members mean.
    pub const ZERO: Self = Self {
        size: 0,
        flags: 0,
        instance_size: 0,
        instance_align: 0,
        name: core::ptr::null(),
        doc: core::ptr::null(),
        kind: 0,
        reserved: 0,
        props: core::ptr::null(),
        nprops: 0,
        prop_stride: 0,
        init: None,
        finish: None,
        write: None,
        credit: None,
        info: None,
        submit: None,
    };
}

#[repr(C)]
#[derive(Clone, Copy)]
pub struct bp_backend_factory {
    pub size: u32,
    pub flags: u32,
    pub classes: *const *const bp_backend_class,
}

impl bp_backend_factory {
    /// All bits zero: what absent members mean.
    pub const ZERO: Self = Self {
        size: 0,
        flags: 0,
        classes: core::ptr::null(),
    };
}

#[repr(C)]
#[derive(Clone, Copy)]
pub struct bp_backend_host {
    pub size: u32,
    pub flags: u32,
    pub input: Option<unsafe extern "C" fn(*mut bp_dev, *const c_void, u64)>,
    pub event: Option<unsafe extern "C" fn(*mut bp_dev, u32)>,
    pub writable: Option<unsafe extern "C" fn(*mut bp_dev)>,
    pub complete: Option<unsafe extern "C" fn(*mut bp_dev, *mut bp_block_io, i32)>,
    pub request: Option<unsafe extern "C" fn(*mut bp_dev, u32)>,
}

impl bp_backend_host {
    /// All bits zero: what absent members mean.
    pub const ZERO: Self = Self {
        size: 0,
        flags: 0,
        input: None,
        event: None,
        writable: None,
        complete: None,
        request: None,
    };
}

#[repr(C)]
#[derive(Clone, Copy)]
pub struct bp_block_api {
    pub size: u32,
    pub flags: u32,
    pub info: Option<unsafe extern "C" fn(*mut bp_block, *mut bp_block_info) -> i32>,
    pub submit: Option<unsafe extern "C" fn(*mut bp_block, u32, u64, u64, *const bp_iovec, u32, u64) -> i32>,
    pub in_flight: Option<unsafe extern "C" fn(*mut bp_block) -> u32>,
    pub drain: Option<unsafe extern "C" fn(*mut bp_block)>,
}

impl bp_block_api {
    /// All bits zero: what absent members mean.
    pub const ZERO: Self = Self {
        size: 0,
        flags: 0,
        info: None,
        submit: None,
        in_flight: None,
        drain: None,
    };
}

#[repr(C)]
#[derive(Clone, Copy)]
pub struct bp_block_client {
    pub size: u32,
    pub flags: u32,
    pub on_complete: Option<unsafe extern "C" fn(*mut c_void, u64, i32)>,
}

impl bp_block_client {
    /// All bits zero: what absent members mean.
    pub const ZERO: Self = Self {
        size: 0,
        flags: 0,
        on_complete: None,
    };
}

#[repr(C)]
#[derive(Clone, Copy)]
pub struct bp_block_info {
    pub size: u32,
    pub flags: u32,
    pub bytes: u64,
    pub sector: u32,
    pub reserved: u32,
    pub id: [c_char; 24],
}

impl bp_block_info {
    /// All bits zero: what absent members mean.
    pub const ZERO: Self = Self {
        size: 0,
        flags: 0,
        bytes: 0,
        sector: 0,
        reserved: 0,
        id: [0; 24],
    };
}

#[repr(C)]
#[derive(Clone, Copy)]
pub struct bp_block_io {
    pub size: u32,
    pub op: u32,
    pub offset: u64,
    pub bytes: u64,
    pub iov: *const bp_iovec,
    pub niov: u32,
    pub flags: u32,
}

impl bp_block_io {
    /// All bits zero: what absent members mean.
    pub const ZERO: Self = Self {
        size: 0,
        op: 0,
        offset: 0,
        bytes: 0,
        iov: core::ptr::null(),
        niov: 0,
        flags: 0,
    };
}

#[repr(C)]
#[derive(Clone, Copy)]
pub struct bp_bus_row {
    pub name: *const c_char,
    pub doc: *const c_char,
    pub kind: *const c_char,
    pub peer_iface: *const c_char,
    pub flags: u32,
    pub offset: u32,
    pub address_name: *const c_char,
    pub min: u64,
    pub max: u64,
    pub count_prop: *const c_char,
}

impl bp_bus_row {
    /// All bits zero: what absent members mean.
    pub const ZERO: Self = Self {
        name: core::ptr::null(),
        doc: core::ptr::null(),
        kind: core::ptr::null(),
        peer_iface: core::ptr::null(),
        flags: 0,
        offset: 0,
        address_name: core::ptr::null(),
        min: 0,
        max: 0,
        count_prop: core::ptr::null(),
    };
}

#[repr(C)]
#[derive(Clone, Copy)]
pub struct bp_bytes {
    pub data: *const u8,
    pub size: u64,
}

impl bp_bytes {
    /// All bits zero: what absent members mean.
    pub const ZERO: Self = Self {
        data: core::ptr::null(),
        size: 0,
    };
}

#[repr(C)]
#[derive(Clone, Copy)]
pub struct bp_can_frame {
    pub size: u32,
    pub flags: u32,
    pub id: u32,
    pub length: u32,
    pub data: [u8; 64],
}

impl bp_can_frame {
    /// All bits zero: what absent members mean.
    pub const ZERO: Self = Self {
        size: 0,
        flags: 0,
        id: 0,
        length: 0,
        data: [0; 64],
    };
}

#[repr(C)]
#[derive(Clone, Copy)]
pub struct bp_can_node {
    pub size: u32,
    pub flags: u32,
    pub hear: Option<unsafe extern "C" fn(*mut c_void, *const bp_can_frame, u64) -> u32>,
    pub receive: Option<unsafe extern "C" fn(*mut c_void, *const bp_can_frame)>,
    pub sent: Option<unsafe extern "C" fn(*mut c_void, u32)>,
    pub lost: Option<unsafe extern "C" fn(*mut c_void, u32)>,
}

impl bp_can_node {
    /// All bits zero: what absent members mean.
    pub const ZERO: Self = Self {
        size: 0,
        flags: 0,
        hear: None,
        receive: None,
        sent: None,
        lost: None,
    };
}

#[repr(C)]
#[derive(Clone, Copy)]
pub struct bp_can_wire {
    pub size: u32,
    pub flags: u32,
    pub send: Option<unsafe extern "C" fn(*mut c_void, *const c_void, *const bp_can_frame, u64) -> i32>,
    pub cancel: Option<unsafe extern "C" fn(*mut c_void, *const c_void) -> i32>,
    pub activity: Option<unsafe extern "C" fn(*mut c_void, *const c_void) -> u32>,
}

impl bp_can_wire {
    /// All bits zero: what absent members mean.
    pub const ZERO: Self = Self {
        size: 0,
        flags: 0,
        send: None,
        cancel: None,
        activity: None,
    };
}

#[repr(C)]
#[derive(Clone, Copy)]
pub struct bp_cell {
    pub name: *const c_char,
    pub min: u64,
    pub max: u64,
    pub max_prop: *const c_char,
}

impl bp_cell {
    /// All bits zero: what absent members mean.
    pub const ZERO: Self = Self {
        name: core::ptr::null(),
        min: 0,
        max: 0,
        max_prop: core::ptr::null(),
    };
}

#[repr(C)]
#[derive(Clone, Copy)]
pub struct bp_char_api {
    pub size: u32,
    pub flags: u32,
    pub write: Option<unsafe extern "C" fn(*mut bp_char, *const c_void, u32) -> u32>,
    pub resume: Option<unsafe extern "C" fn(*mut bp_char)>,
    pub connected: Option<unsafe extern "C" fn(*mut bp_char) -> u32>,
    pub attached: Option<unsafe extern "C" fn(*mut bp_char) -> u32>,
}

impl bp_char_api {
    /// All bits zero: what absent members mean.
    pub const ZERO: Self = Self {
        size: 0,
        flags: 0,
        write: None,
        resume: None,
        connected: None,
        attached: None,
    };
}

#[repr(C)]
#[derive(Clone, Copy)]
pub struct bp_char_client {
    pub size: u32,
    pub flags: u32,
    pub room: Option<unsafe extern "C" fn(*mut c_void) -> u32>,
    pub on_input: Option<unsafe extern "C" fn(*mut c_void, *const u8, u32)>,
    pub on_writable: Option<unsafe extern "C" fn(*mut c_void)>,
    pub on_event: Option<unsafe extern "C" fn(*mut c_void, u32)>,
}

impl bp_char_client {
    /// All bits zero: what absent members mean.
    pub const ZERO: Self = Self {
        size: 0,
        flags: 0,
        room: None,
        on_input: None,
        on_writable: None,
        on_event: None,
    };
}

#[repr(C)]
#[derive(Clone, Copy)]
pub struct bp_clock_api {
    pub size: u32,
    pub flags: u32,
    pub hz: Option<unsafe extern "C" fn(*mut bp_clock_in) -> u64>,
    pub set_hz: Option<unsafe extern "C" fn(*mut bp_clock_out, u64)>,
}

impl bp_clock_api {
    /// All bits zero: what absent members mean.
    pub const ZERO: Self = Self {
        size: 0,
        flags: 0,
        hz: None,
        set_hz: None,
    };
}

#[repr(C)]
#[derive(Clone, Copy)]
pub struct bp_core {
    pub size: u32,
    pub flags: u32,
    pub version: *const c_char,
    pub get: Option<unsafe extern "C" fn(*const bp_core, *const c_char) -> *const c_void>,
}

impl bp_core {
    /// All bits zero: what absent members mean.
    pub const ZERO: Self = Self {
        size: 0,
        flags: 0,
        version: core::ptr::null(),
        get: None,
    };
}

#[repr(C)]
#[derive(Clone, Copy)]
pub struct bp_counter_iface {
    pub size: u32,
    pub flags: u32,
    pub read: Option<unsafe extern "C" fn(*mut c_void) -> u64>,
    pub hz: Option<unsafe extern "C" fn(*mut c_void) -> u64>,
    pub when: Option<unsafe extern "C" fn(*mut c_void, u64) -> u64>,
    pub watch: Option<unsafe extern "C" fn(*mut c_void, Option<unsafe extern "C" fn(*mut c_void)>, *mut c_void) -> i32>,
}

impl bp_counter_iface {
    /// All bits zero: what absent members mean.
    pub const ZERO: Self = Self {
        size: 0,
        flags: 0,
        read: None,
        hz: None,
        when: None,
        watch: None,
    };
}

#[repr(C)]
#[derive(Clone, Copy)]
pub struct bp_device_class {
    pub size: u32,
    pub flags: u32,
    pub instance_size: u32,
    pub instance_align: u32,
    pub name: *const c_char,
    pub doc: *const c_char,
    pub props: *const bp_prop,
    pub nprops: u32,
    pub prop_stride: u32,
    pub ports: *const bp_port,
    pub nports: u32,
    pub port_stride: u32,
    pub providers: *const bp_provider,
    pub nproviders: u32,
    pub provider_stride: u32,
    pub regions: *const bp_region,
    pub nregions: u32,
    pub region_stride: u32,
    pub events: *const bp_event,
    pub nevents: u32,
    pub event_stride: u32,
    pub state: *const bp_state,
    pub init: Option<unsafe extern "C" fn(*mut c_void, *mut bp_dev, *const bp_core) -> i32>,
    pub reset: Option<unsafe extern "C" fn(*mut c_void, u32)>,
    pub finish: Option<unsafe extern "C" fn(*mut c_void)>,
    pub get_iface: Option<unsafe extern "C" fn(*mut c_void, *const c_char) -> *const c_void>,
    pub buses: *const bp_bus_row,
    pub nbuses: u32,
    pub bus_stride: u32,
    pub seats: *const bp_seat_row,
    pub nseats: u32,
    pub seat_stride: u32,
}

impl bp_device_class {
    /// All bits zero: what absent members mean.
    pub const ZERO: Self = Self {
        size: 0,
        flags: 0,
        instance_size: 0,
        instance_align: 0,
        name: core::ptr::null(),
        doc: core::ptr::null(),
        props: core::ptr::null(),
        nprops: 0,
        prop_stride: 0,
        ports: core::ptr::null(),
        nports: 0,
        port_stride: 0,
        providers: core::ptr::null(),
        nproviders: 0,
        provider_stride: 0,
        regions: core::ptr::null(),
        nregions: 0,
        region_stride: 0,
        events: core::ptr::null(),
        nevents: 0,
        event_stride: 0,
        state: core::ptr::null(),
        init: None,
        reset: None,
        finish: None,
        get_iface: None,
        buses: core::ptr::null(),
        nbuses: 0,
        bus_stride: 0,
        seats: core::ptr::null(),
        nseats: 0,
        seat_stride: 0,
    };
}

#[repr(C)]
#[derive(Clone, Copy)]
pub struct bp_device_factory {
    pub size: u32,
    pub flags: u32,
    pub classes: *const *const bp_device_class,
}

impl bp_device_factory {
    /// All bits zero: what absent members mean.
    pub const ZERO: Self = Self {
        size: 0,
        flags: 0,
        classes: core::ptr::null(),
    };
}

#[repr(C)]
#[derive(Clone, Copy)]
pub struct bp_dma_api {
    pub size: u32,
    pub flags: u32,
    pub read: Option<unsafe extern "C" fn(*mut bp_bus, u64, *mut c_void, u64) -> i32>,
    pub write: Option<unsafe extern "C" fn(*mut bp_bus, u64, *const c_void, u64) -> i32>,
    pub map: Option<unsafe extern "C" fn(*mut bp_bus, u64, *mut u64, u32) -> *mut c_void>,
    pub unmap: Option<unsafe extern "C" fn(*mut bp_bus, *mut c_void, u64, u32)>,
}

impl bp_dma_api {
    /// All bits zero: what absent members mean.
    pub const ZERO: Self = Self {
        size: 0,
        flags: 0,
        read: None,
        write: None,
        map: None,
        unmap: None,
    };
}

#[repr(C)]
#[derive(Clone, Copy)]
pub struct bp_error_api {
    pub size: u32,
    pub flags: u32,
    pub set: Option<unsafe extern "C" fn(*mut bp_dev, *const c_char, *const c_char)>,
}

impl bp_error_api {
    /// All bits zero: what absent members mean.
    pub const ZERO: Self = Self {
        size: 0,
        flags: 0,
        set: None,
    };
}

#[repr(C)]
#[derive(Clone, Copy)]
pub struct bp_event {
    pub name: *const c_char,
    pub doc: *const c_char,
    pub args: *const *const c_char,
    pub enable_offset: u32,
    pub flags: u32,
}

impl bp_event {
    /// All bits zero: what absent members mean.
    pub const ZERO: Self = Self {
        name: core::ptr::null(),
        doc: core::ptr::null(),
        args: core::ptr::null(),
        enable_offset: 0,
        flags: 0,
    };
}

#[repr(C)]
#[derive(Clone, Copy)]
pub struct bp_fdt_node {
    pub size: u32,
    pub flags: u32,
    pub name: *const c_char,
    pub compatible: *const c_char,
    pub emit: Option<unsafe extern "C" fn(*mut c_void, *const bp_fdt_writer) -> i32>,
}

impl bp_fdt_node {
    /// All bits zero: what absent members mean.
    pub const ZERO: Self = Self {
        size: 0,
        flags: 0,
        name: core::ptr::null(),
        compatible: core::ptr::null(),
        emit: None,
    };
}

#[repr(C)]
#[derive(Clone, Copy)]
pub struct bp_fdt_writer {
    pub size: u32,
    pub flags: u32,
    pub ctx: *mut c_void,
    pub u32: Option<unsafe extern "C" fn(*mut c_void, *const c_char, u32) -> i32>,
    pub u64: Option<unsafe extern "C" fn(*mut c_void, *const c_char, u64) -> i32>,
    pub cells: Option<unsafe extern "C" fn(*mut c_void, *const c_char, *const u32, u32) -> i32>,
    pub str: Option<unsafe extern "C" fn(*mut c_void, *const c_char, *const c_char) -> i32>,
    pub bytes: Option<unsafe extern "C" fn(*mut c_void, *const c_char, *const c_void, u32) -> i32>,
    pub empty: Option<unsafe extern "C" fn(*mut c_void, *const c_char) -> i32>,
    pub begin: Option<unsafe extern "C" fn(*mut c_void, *const c_char) -> i32>,
    pub end: Option<unsafe extern "C" fn(*mut c_void) -> i32>,
    pub phandle: Option<unsafe extern "C" fn(*mut c_void, *mut bp_dev, *const c_char) -> u32>,
    pub reg: Option<unsafe extern "C" fn(*mut c_void, u32, *mut u64, *mut u64) -> i32>,
}

impl bp_fdt_writer {
    /// All bits zero: what absent members mean.
    pub const ZERO: Self = Self {
        size: 0,
        flags: 0,
        ctx: core::ptr::null_mut(),
        u32: None,
        u64: None,
        cells: None,
        str: None,
        bytes: None,
        empty: None,
        begin: None,
        end: None,
        phandle: None,
        reg: None,
    };
}

#[repr(C)]
#[derive(Clone, Copy)]
pub struct bp_i2c_target {
    pub size: u32,
    pub flags: u32,
    pub start: Option<unsafe extern "C" fn(*mut c_void, u32, u32) -> u32>,
    pub write: Option<unsafe extern "C" fn(*mut c_void, u8) -> u32>,
    pub read: Option<unsafe extern "C" fn(*mut c_void) -> u8>,
    pub ack: Option<unsafe extern "C" fn(*mut c_void, u32)>,
    pub stop: Option<unsafe extern "C" fn(*mut c_void)>,
}

impl bp_i2c_target {
    /// All bits zero: what absent members mean.
    pub const ZERO: Self = Self {
        size: 0,
        flags: 0,
        start: None,
        write: None,
        read: None,
        ack: None,
        stop: None,
    };
}

#[repr(C)]
#[derive(Clone, Copy)]
pub struct bp_iovec {
    pub base: *mut c_void,
    pub bytes: u64,
}

impl bp_iovec {
    /// All bits zero: what absent members mean.
    pub const ZERO: Self = Self {
        base: core::ptr::null_mut(),
        bytes: 0,
    };
}

#[repr(C)]
#[derive(Clone, Copy)]
pub struct bp_line_api {
    pub size: u32,
    pub flags: u32,
    pub set: Option<unsafe extern "C" fn(*mut bp_line, u32, u32)>,
    pub get: Option<unsafe extern "C" fn(*mut bp_line, u32) -> u32>,
}

impl bp_line_api {
    /// All bits zero: what absent members mean.
    pub const ZERO: Self = Self {
        size: 0,
        flags: 0,
        set: None,
        get: None,
    };
}

#[repr(C)]
#[derive(Clone, Copy)]
pub struct bp_list {
    pub items: *const c_void,
    pub count: u32,
    pub stride: u32,
}

impl bp_list {
    /// All bits zero: what absent members mean.
    pub const ZERO: Self = Self {
        items: core::ptr::null(),
        count: 0,
        stride: 0,
    };
}

#[repr(C)]
#[derive(Clone, Copy)]
pub struct bp_loop_api {
    pub size: u32,
    pub flags: u32,
    pub watch: Option<unsafe extern "C" fn(*mut bp_dev, i32, u32, Option<unsafe extern "C" fn(*mut c_void, i32, u32)>) -> *mut bp_watch>,
    pub rewatch: Option<unsafe extern "C" fn(*mut bp_watch, u32)>,
    pub unwatch: Option<unsafe extern "C" fn(*mut bp_watch)>,
    pub work: Option<unsafe extern "C" fn(*mut bp_dev, Option<unsafe extern "C" fn(*mut c_void)>, Option<unsafe extern "C" fn(*mut c_void, *mut c_void)>, *mut c_void) -> i32>,
    pub after: Option<unsafe extern "C" fn(*mut bp_dev, u64, Option<unsafe extern "C" fn(*mut c_void, *mut c_void)>, *mut c_void) -> i32>,
}

impl bp_loop_api {
    /// All bits zero: what absent members mean.
    pub const ZERO: Self = Self {
        size: 0,
        flags: 0,
        watch: None,
        rewatch: None,
        unwatch: None,
        work: None,
        after: None,
    };
}

#[repr(C)]
#[derive(Clone, Copy)]
pub struct bp_machine_api {
    pub size: u32,
    pub flags: u32,
    pub power: Option<unsafe extern "C" fn(*mut bp_dev, u32, u32)>,
    pub symbol: Option<unsafe extern "C" fn(*mut bp_dev, *const c_char, *mut u64) -> i32>,
}

impl bp_machine_api {
    /// All bits zero: what absent members mean.
    pub const ZERO: Self = Self {
        size: 0,
        flags: 0,
        power: None,
        symbol: None,
    };
}

#[repr(C)]
#[derive(Clone, Copy)]
pub struct bp_mem_api {
    pub size: u32,
    pub flags: u32,
    pub data: Option<unsafe extern "C" fn(*mut bp_dev, u32, *mut u64) -> *mut c_void>,
    pub set_direct: Option<unsafe extern "C" fn(*mut bp_dev, u32, u32)>,
    pub enable: Option<unsafe extern "C" fn(*mut bp_dev, u32, u32)>,
    pub r#move: Option<unsafe extern "C" fn(*mut bp_dev, u32, u64) -> i32>,
    pub changed: Option<unsafe extern "C" fn(*mut bp_dev, u32, u64, u64)>,
}

impl bp_mem_api {
    /// All bits zero: what absent members mean.
    pub const ZERO: Self = Self {
        size: 0,
        flags: 0,
        data: None,
        set_direct: None,
        enable: None,
        r#move: None,
        changed: None,
    };
}

#[repr(C)]
#[derive(Clone, Copy)]
pub struct bp_plugin {
    pub size: u32,
    pub flags: u32,
    pub id: *const c_char,
    pub version: *const c_char,
    pub vendor: *const c_char,
    pub license: *const c_char,
    pub doc: *const c_char,
    pub requires_ids: *const *const c_char,
    pub get_factory: Option<unsafe extern "C" fn(*const c_char) -> *const c_void>,
}

impl bp_plugin {
    /// All bits zero: what absent members mean.
    pub const ZERO: Self = Self {
        size: 0,
        flags: 0,
        id: core::ptr::null(),
        version: core::ptr::null(),
        vendor: core::ptr::null(),
        license: core::ptr::null(),
        doc: core::ptr::null(),
        requires_ids: core::ptr::null(),
        get_factory: None,
    };
}

#[repr(C)]
#[derive(Clone, Copy)]
pub struct bp_port {
    pub name: *const c_char,
    pub doc: *const c_char,
    pub kind: u32,
    pub dir: u32,
    pub flags: u32,
    pub offset: u32,
    pub width: u32,
    pub reserved: u32,
    pub word: *const c_char,
    pub width_prop: *const c_char,
    pub via_prop: *const c_char,
    pub via_port: *const c_char,
    pub on_line: Option<unsafe extern "C" fn(*mut c_void, u32, u32)>,
    pub on_clock: Option<unsafe extern "C" fn(*mut c_void, u64)>,
    pub client: *const c_void,
}

impl bp_port {
    /// All bits zero: what absent members mean.
    pub const ZERO: Self = Self {
        name: core::ptr::null(),
        doc: core::ptr::null(),
        kind: 0,
        dir: 0,
        flags: 0,
        offset: 0,
        width: 0,
        reserved: 0,
        word: core::ptr::null(),
        width_prop: core::ptr::null(),
        via_prop: core::ptr::null(),
        via_port: core::ptr::null(),
        on_line: None,
        on_clock: None,
        client: core::ptr::null(),
    };
}

#[repr(C)]
#[derive(Clone, Copy)]
pub struct bp_prop {
    pub name: *const c_char,
    pub doc: *const c_char,
    pub r#type: u32,
    pub flags: u32,
    pub offset: u32,
    pub element: u32,
    pub def: *const c_char,
    pub min: u64,
    pub max: u64,
    pub choices: *const *const c_char,
    pub ref_iface: *const c_char,
}

impl bp_prop {
    /// All bits zero: what absent members mean.
    pub const ZERO: Self = Self {
        name: core::ptr::null(),
        doc: core::ptr::null(),
        r#type: 0,
        flags: 0,
        offset: 0,
        element: 0,
        def: core::ptr::null(),
        min: 0,
        max: 0,
        choices: core::ptr::null(),
        ref_iface: core::ptr::null(),
    };
}

#[repr(C)]
#[derive(Clone, Copy)]
pub struct bp_provider {
    pub kind: u32,
    pub ncells: u32,
    pub port: *const c_char,
    pub cells: *const bp_cell,
    pub flag_names: *const *const c_char,
    pub flag_values: *const u32,
    pub flag_default: u32,
    pub fdt_cells: u32,
}

impl bp_provider {
    /// All bits zero: what absent members mean.
    pub const ZERO: Self = Self {
        kind: 0,
        ncells: 0,
        port: core::ptr::null(),
        cells: core::ptr::null(),
        flag_names: core::ptr::null(),
        flag_values: core::ptr::null(),
        flag_default: 0,
        fdt_cells: 0,
    };
}

#[repr(C)]
#[derive(Clone, Copy)]
pub struct bp_random_api {
    pub size: u32,
    pub flags: u32,
    pub fill: Option<unsafe extern "C" fn(*mut bp_dev, *mut c_void, u32) -> i32>,
}

impl bp_random_api {
    /// All bits zero: what absent members mean.
    pub const ZERO: Self = Self {
        size: 0,
        flags: 0,
        fill: None,
    };
}

#[repr(C)]
#[derive(Clone, Copy)]
pub struct bp_ref {
    pub self_: *mut c_void,
    pub iface: *const c_void,
    pub dev: *mut bp_dev,
    pub path: *const c_char,
}

impl bp_ref {
    /// All bits zero: what absent members mean.
    pub const ZERO: Self = Self {
        self_: core::ptr::null_mut(),
        iface: core::ptr::null(),
        dev: core::ptr::null_mut(),
        path: core::ptr::null(),
    };
}

#[repr(C)]
#[derive(Clone, Copy)]
pub struct bp_reg {
    pub offset: u64,
    pub width: u32,
    pub access: u32,
    pub name: *const c_char,
    pub doc: *const c_char,
    pub reset: u64,
    pub write_mask: u64,
    pub bound: u32,
    pub banks: u32,
    pub count: u32,
    pub stride: u32,
    pub fields: *const bp_reg_field,
    pub on_read: Option<unsafe extern "C" fn(*mut c_void, u32, u64, *const bp_access) -> u64>,
    pub on_write: Option<unsafe extern "C" fn(*mut c_void, u32, u64, u64)>,
    pub bits: *const bp_reg_bits,
}

impl bp_reg {
    /// All bits zero: what absent members mean.
    pub const ZERO: Self = Self {
        offset: 0,
        width: 0,
        access: 0,
        name: core::ptr::null(),
        doc: core::ptr::null(),
        reset: 0,
        write_mask: 0,
        bound: 0,
        banks: 0,
        count: 0,
        stride: 0,
        fields: core::ptr::null(),
        on_read: None,
        on_write: None,
        bits: core::ptr::null(),
    };
}

#[repr(C)]
#[derive(Clone, Copy)]
pub struct bp_reg_bits {
    pub mask: u64,
    pub access: u32,
    pub read: u32,
}

impl bp_reg_bits {
    /// All bits zero: what absent members mean.
    pub const ZERO: Self = Self {
        mask: 0,
        access: 0,
        read: 0,
    };
}

#[repr(C)]
#[derive(Clone, Copy)]
pub struct bp_reg_field {
    pub name: *const c_char,
    pub doc: *const c_char,
    pub lsb: u32,
    pub width: u32,
    pub values: *const bp_reg_value,
}

impl bp_reg_field {
    /// All bits zero: what absent members mean.
    pub const ZERO: Self = Self {
        name: core::ptr::null(),
        doc: core::ptr::null(),
        lsb: 0,
        width: 0,
        values: core::ptr::null(),
    };
}

#[repr(C)]
#[derive(Clone, Copy)]
pub struct bp_reg_value {
    pub name: *const c_char,
    pub value: u64,
}

impl bp_reg_value {
    /// All bits zero: what absent members mean.
    pub const ZERO: Self = Self {
        name: core::ptr::null(),
        value: 0,
    };
}

#[repr(C)]
#[derive(Clone, Copy)]
pub struct bp_region {
    pub name: *const c_char,
    pub doc: *const c_char,
    pub flags: u32,
    pub endian: u32,
    pub min_width: u32,
    pub max_width: u32,
    pub length: u64,
    pub read: Option<unsafe extern "C" fn(*mut c_void, *const bp_access, *mut u64) -> i32>,
    pub write: Option<unsafe extern "C" fn(*mut c_void, *const bp_access, u64) -> i32>,
    pub regs: *const bp_reg,
    pub nregs: u32,
    pub reg_stride: u32,
    pub bank: Option<unsafe extern "C" fn(*mut c_void) -> u32>,
    pub fill: u32,
    pub reserved: u32,
}

impl bp_region {
    /// All bits zero: what absent members mean.
    pub const ZERO: Self = Self {
        name: core::ptr::null(),
        doc: core::ptr::null(),
        flags: 0,
        endian: 0,
        min_width: 0,
        max_width: 0,
        length: 0,
        read: None,
        write: None,
        regs: core::ptr::null(),
        nregs: 0,
        reg_stride: 0,
        bank: None,
        fill: 0,
        reserved: 0,
    };
}

#[repr(C)]
#[derive(Clone, Copy)]
pub struct bp_seat_row {
    pub name: *const c_char,
    pub doc: *const c_char,
    pub kind: *const c_char,
    pub peer_iface: *const c_char,
    pub flags: u32,
    pub offset: u32,
    pub word: *const c_char,
}

impl bp_seat_row {
    /// All bits zero: what absent members mean.
    pub const ZERO: Self = Self {
        name: core::ptr::null(),
        doc: core::ptr::null(),
        kind: core::ptr::null(),
        peer_iface: core::ptr::null(),
        flags: 0,
        offset: 0,
        word: core::ptr::null(),
    };
}

#[repr(C)]
#[derive(Clone, Copy)]
pub struct bp_spi_frame {
    pub size: u32,
    pub flags: u32,
    pub out: u32,
    pub bits: u32,
    pub lanes: u32,
}

impl bp_spi_frame {
    /// All bits zero: what absent members mean.
    pub const ZERO: Self = Self {
        size: 0,
        flags: 0,
        out: 0,
        bits: 0,
        lanes: 0,
    };
}

#[repr(C)]
#[derive(Clone, Copy)]
pub struct bp_spi_target {
    pub size: u32,
    pub flags: u32,
    pub chip_select: Option<unsafe extern "C" fn(*mut c_void, u32)>,
    pub transfer: Option<unsafe extern "C" fn(*mut c_void, *const bp_spi_frame) -> u32>,
}

impl bp_spi_target {
    /// All bits zero: what absent members mean.
    pub const ZERO: Self = Self {
        size: 0,
        flags: 0,
        chip_select: None,
        transfer: None,
    };
}

#[repr(C)]
#[derive(Clone, Copy)]
pub struct bp_state {
    pub size: u32,
    pub version: u32,
    pub fields: *const bp_state_field,
    pub nfields: u32,
    pub field_stride: u32,
    pub pre_save: Option<unsafe extern "C" fn(*mut c_void) -> i32>,
    pub post_load: Option<unsafe extern "C" fn(*mut c_void) -> i32>,
}

impl bp_state {
    /// All bits zero: what absent members mean.
    pub const ZERO: Self = Self {
        size: 0,
        version: 0,
        fields: core::ptr::null(),
        nfields: 0,
        field_stride: 0,
        pre_save: None,
        post_load: None,
    };
}

#[repr(C)]
#[derive(Clone, Copy)]
pub struct bp_state_field {
    pub tag: u32,
    pub r#type: u32,
    pub flags: u32,
    pub offset: u32,
    pub count: u32,
    pub count_offset: u32,
    pub name: *const c_char,
}

impl bp_state_field {
    /// All bits zero: what absent members mean.
    pub const ZERO: Self = Self {
        tag: 0,
        r#type: 0,
        flags: 0,
        offset: 0,
        count: 0,
        count_offset: 0,
        name: core::ptr::null(),
    };
}

#[repr(C)]
#[derive(Clone, Copy)]
pub struct bp_thread_api {
    pub size: u32,
    pub flags: u32,
    pub post: Option<unsafe extern "C" fn(*mut bp_dev, Option<unsafe extern "C" fn(*mut c_void, *mut c_void)>, *mut c_void) -> i32>,
    pub in_machine: Option<unsafe extern "C" fn(*mut bp_dev) -> u32>,
}

impl bp_thread_api {
    /// All bits zero: what absent members mean.
    pub const ZERO: Self = Self {
        size: 0,
        flags: 0,
        post: None,
        in_machine: None,
    };
}

#[repr(C)]
#[derive(Clone, Copy)]
pub struct bp_timer_api {
    pub size: u32,
    pub flags: u32,
    pub now: Option<unsafe extern "C" fn(*mut bp_dev, u32) -> u64>,
    pub create: Option<unsafe extern "C" fn(*mut bp_dev, *const c_char, Option<unsafe extern "C" fn(*mut c_void)>) -> *mut bp_timer>,
    pub arm: Option<unsafe extern "C" fn(*mut bp_timer, u64)>,
    pub cancel: Option<unsafe extern "C" fn(*mut bp_timer)>,
}

impl bp_timer_api {
    /// All bits zero: what absent members mean.
    pub const ZERO: Self = Self {
        size: 0,
        flags: 0,
        now: None,
        create: None,
        arm: None,
        cancel: None,
    };
}

#[repr(C)]
#[derive(Clone, Copy)]
pub struct bp_trace_api {
    pub size: u32,
    pub flags: u32,
    pub log: Option<unsafe extern "C" fn(*mut bp_dev, u32, *const c_char)>,
    pub emit: Option<unsafe extern "C" fn(*mut bp_dev, u32, *const u64)>,
}

impl bp_trace_api {
    /// All bits zero: what absent members mean.
    pub const ZERO: Self = Self {
        size: 0,
        flags: 0,
        log: None,
        emit: None,
    };
}

#[repr(C)]
pub struct bp_block {
    _opaque: [u8; 0],
}

#[repr(C)]
pub struct bp_bus {
    _opaque: [u8; 0],
}

#[repr(C)]
pub struct bp_char {
    _opaque: [u8; 0],
}

#[repr(C)]
pub struct bp_clock_in {
    _opaque: [u8; 0],
}

#[repr(C)]
pub struct bp_clock_out {
    _opaque: [u8; 0],
}

#[repr(C)]
pub struct bp_dev {
    _opaque: [u8; 0],
}

#[repr(C)]
pub struct bp_line {
    _opaque: [u8; 0],
}

#[repr(C)]
pub struct bp_timer {
    _opaque: [u8; 0],
}

#[repr(C)]
pub struct bp_watch {
    _opaque: [u8; 0],
}
