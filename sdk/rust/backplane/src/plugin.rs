// SPDX-License-Identifier: Apache-2.0
//! The door of a plug-in, and what becomes of a panic.
use crate::class::same;
use crate::parts::Short;
use crate::{sys, Text};
use core::ffi::c_void;
use core::fmt::Write;
use core::mem::size_of;
use core::panic::PanicInfo;

/// Pointers to classes, ending in NULL.
#[repr(transparent)]
pub struct Rows<const N: usize>([*const sys::bp_device_class; N]);
unsafe impl<const N: usize> Sync for Rows<N> {}

impl<const N: usize> Rows<N> {
    /// # Safety
    /// The last one is NULL.
    pub const unsafe fn new(rows: [*const sys::bp_device_class; N]) -> Self {
        Rows(rows)
    }
}

/// The factory of devices.
#[repr(transparent)]
pub struct Factory(sys::bp_device_factory);
unsafe impl Sync for Factory {}

impl Factory {
    /// Of these classes.
    pub const fn new<const N: usize>(rows: &'static Rows<N>) -> Self {
        Factory(sys::bp_device_factory {
            size: size_of::<sys::bp_device_factory>() as u32,
            flags: 0,
            classes: rows.0.as_ptr(),
        })
    }
}

/// What the plug-in says of itself.
#[repr(transparent)]
pub struct Plugin(sys::bp_plugin);
unsafe impl Sync for Plugin {}

impl Plugin {
    /// # Safety
    /// `get_factory` keeps to the contract of `struct bp_plugin`.
    pub const unsafe fn new(
        [id, version, vendor, license, doc]: [Text; 5],
        get_factory: unsafe extern "C" fn(*const sys::c_char) -> *const c_void,
    ) -> Self {
        let mut plugin = sys::bp_plugin::ZERO;

        plugin.size = size_of::<sys::bp_plugin>() as u32;
        plugin.id = id.as_ptr();
        plugin.version = version.as_ptr();
        plugin.vendor = vendor.as_ptr();
        plugin.license = license.as_ptr();
        plugin.doc = doc.as_ptr();
        plugin.get_factory = Some(get_factory);
        Plugin(plugin)
    }

    /// For the core.
    pub const fn raw(&'static self) -> *const sys::bp_plugin {
        &self.0
    }
}

/// Asks for devices?
///
/// # Safety
/// `id` is a C string.
pub unsafe fn is_devices(id: *const sys::c_char) -> bool {
    same(id, sys::BP_FACTORY_DEVICES)
}

extern "C" {
    fn write(fd: i32, data: *const c_void, bytes: usize) -> isize;
}

// Of memcpy() and its like, which the compiler calls.
#[link(name = "c")]
extern "C" {}

// The precompiled core library was built to unwind. What it refers to for that is never called where a panic traps, but some
// compilers leave the reference in.
core::arch::global_asm!(
    ".weak rust_eh_personality",
    ".hidden rust_eh_personality",
    "rust_eh_personality:",
    ".byte 0"
);

/// A broken promise of the plug-in's own code. Nothing can go on from here: the reason is written to the standard error
/// output, and the process ends.
pub fn panicked(info: &PanicInfo) -> ! {
    let mut text = Short::new();

    let _ = writeln!(text, "{}", info);
    unsafe {
        write(2, text.bytes().as_ptr() as *const c_void, text.bytes().len());
        #[cfg(target_arch = "x86_64")]
        core::arch::asm!("ud2", options(noreturn));
        #[cfg(target_arch = "aarch64")]
        core::arch::asm!("udf #0", options(noreturn));
    }
}

/// Makes a crate of type `cdylib` a plug-in:
///
/// ```text
/// backplane::plugin! {
///     id: "acme", version: "1.0.0", vendor: "ACME", license: "Apache-2.0", doc: "Timers of ACME.",
///     devices: [TIMER, WATCHDOG],
/// }
/// ```
/// `devices` are statics of type [`Class`](crate::Class).
#[macro_export]
macro_rules! plugin {
    (id: $id:literal, version: $version:literal, vendor: $vendor:literal, license: $license:literal,
     doc: $doc:literal, devices: [$($class:path),+ $(,)?] $(,)?) => {
        const _: () = {
            static ROWS: $crate::hidden::Rows<{ [$(stringify!($class)),+].len() + 1 }> =
                unsafe { $crate::hidden::Rows::new([$($class.row(),)+ core::ptr::null()]) };
            static FACTORY: $crate::hidden::Factory = $crate::hidden::Factory::new(&ROWS);
            static PLUGIN: $crate::hidden::Plugin = unsafe {
                $crate::hidden::Plugin::new(
                    [$crate::text!($id), $crate::text!($version), $crate::text!($vendor),
                     $crate::text!($license), $crate::text!($doc)],
                    get_factory,
                )
            };

            unsafe extern "C" fn get_factory(
                id: *const $crate::sys::c_char,
            ) -> *const $crate::sys::c_void {
                if $crate::hidden::is_devices(id) {
                    &FACTORY as *const $crate::hidden::Factory as *const $crate::sys::c_void
                } else {
                    core::ptr::null()
                }
            }

            #[no_mangle]
            extern "C" fn bp_plugin_query_v1() -> *const $crate::sys::bp_plugin {
                PLUGIN.raw()
            }
        };

        #[cfg(not(test))]
        #[panic_handler]
        fn panicked(info: &core::panic::PanicInfo) -> ! {
            $crate::hidden::panicked(info)
        }
    };
}
