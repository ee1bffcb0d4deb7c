// SPDX-License-Identifier: Apache-2.0
//! Instances: structs that the core allocates and writes into, and their members by offset.
use crate::parts::Dev;
use crate::sys;
use core::cell::Cell;
use core::ffi::c_void;
use core::marker::PhantomData;

/// A static text that ends in a zero byte; made by [`text!`](crate::text).
#[derive(Clone, Copy)]
pub struct Text(&'static str);

impl Text {
    /// For [`text!`](crate::text). `text` ends in the only zero byte of it.
    pub const fn with_nul(text: &'static str) -> Self {
        let bytes = text.as_bytes();
        let mut i = 0;

        while i + 1 < bytes.len() {
            assert!(bytes[i] != 0, "a text holds a zero byte");
            i += 1;
        }
        assert!(i < bytes.len() && bytes[i] == 0, "a text does not end in a zero byte");
        Text(text)
    }

    pub(crate) const fn as_ptr(self) -> *const sys::c_char {
        self.0.as_ptr() as *const sys::c_char
    }
}

/// A literal as the [`Text`] that rows want: `text!("irq")`.
#[macro_export]
macro_rules! text {
    ($text:literal) => {
        $crate::Text::with_nul(concat!($text, "\0"))
    };
}

/// Why a call failed: one of the `BP_E_*`, and for people "cause: cure".
#[derive(Clone, Copy)]
pub struct Error {
    pub(crate) status: i32,
    pub(crate) property: Option<Text>,
    pub(crate) text: Option<Text>,
}

/// Of what may fail.
pub type Result<T = ()> = core::result::Result<T, Error>;

impl Error {
    /// `status` is one of [`sys`]'s `BP_E_*`.
    pub const fn new(status: i32) -> Self {
        Error {
            status: if status < 0 { status } else { sys::BP_E_INVAL },
            property: None,
            text: None,
        }
    }

    /// What is wrong and what to do about it.
    pub const fn because(mut self, text: Text) -> Self {
        self.text = Some(text);
        self
    }

    /// The property at fault, whose line in the description the message then points at.
    pub const fn of_property(mut self, name: Text) -> Self {
        self.property = Some(name);
        self
    }
}

pub(crate) fn check(status: i32) -> Result {
    if status < 0 {
        Err(Error::new(status))
    } else {
        Ok(())
    }
}

/// What kind of reset it is.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Reset {
    /// Power-on: everything.
    Cold,
    /// System reset: everything but what the data sheet says survives.
    Warm,
    /// The bus the device sits on was reset.
    Bus,
}

/// An integer that a register or a row of state may be.
///
/// # Safety
/// Every pattern of `WIDTH` bytes is a value.
pub unsafe trait Word: Copy + 'static {
    /// Bytes.
    const WIDTH: u32;
}

/// Changeable members that rows may bind: a `Cell` of a word or of an array of words.
///
/// # Safety
/// It is `COUNT` cells of `WIDTH` bytes without anything between them.
pub unsafe trait Cells: 'static {
    /// Bytes of one.
    const WIDTH: u32;
    /// How many.
    const COUNT: u32;
}

unsafe impl<W: Word> Cells for Cell<W> {
    const WIDTH: u32 = W::WIDTH;
    const COUNT: u32 = 1;
}

unsafe impl<W: Word, const N: usize> Cells for [Cell<W>; N] {
    const WIDTH: u32 = W::WIDTH;
    const COUNT: u32 = N as u32;
}

/// What a part of an instance is given before `init()`.
pub struct Binding<'a> {
    pub(crate) dev: *mut sys::bp_dev,
    pub(crate) core: &'a sys::bp_core,
    /// Where the instance lies.
    pub(crate) instance: (usize, usize),
}

impl Binding<'_> {
    /// A table of functions of the core; `missing` is said when it has none.
    pub(crate) fn get<Api>(&self, id: &'static [u8], missing: Text) -> Result<*const Api> {
        let found = match self.core.get {
            Some(get) => unsafe { get(self.core, id.as_ptr() as *const sys::c_char) },
            None => core::ptr::null(),
        };

        if found.is_null() {
            Err(Error::new(sys::BP_E_UNSUPPORTED).because(missing))
        } else {
            Ok(found as *const Api)
        }
    }
}

/// A member of an instance.
///
/// # Safety
/// All zeros is a value of it, it needs no drop, and the core may write what its rows say while it is shared.
pub unsafe trait Part {
    #[doc(hidden)]
    fn bind(&self, _binding: &Binding) -> Result {
        Ok(())
    }
}

macro_rules! words {
    ($($word:ty)*) => {$(
        unsafe impl Word for $word {
            const WIDTH: u32 = core::mem::size_of::<$word>() as u32;
        }
        unsafe impl Part for $word {}
        unsafe impl Part for Cell<$word> {}
        unsafe impl<const N: usize> Part for [Cell<$word>; N] {}
    )*};
}
words!(u8 u16 u32 u64);
unsafe impl Part for bool {}
unsafe impl Part for i64 {}
unsafe impl Part for f64 {}
unsafe impl Part for Cell<usize> {}
unsafe impl Part for Cell<i64> {}
unsafe impl Part for Cell<bool> {}

/// A struct made by [`instance!`](crate::instance).
///
/// # Safety
/// All of its members are [`Part`]s, and `dev()` is the one the core made it for.
pub unsafe trait Instance: Sized + 'static {
    #[doc(hidden)]
    fn bind(&self, binding: &Binding) -> Result;
    /// The core's name for this instance.
    fn dev(&self) -> &Dev;
}

/// The place of a member of type `M` in an instance of type `T`; [`instance!`](crate::instance) makes one for each.
pub struct Field<T, M> {
    pub(crate) offset: u32,
    of: PhantomData<fn(T) -> M>,
}

impl<T, M> Clone for Field<T, M> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T, M> Copy for Field<T, M> {}

impl<T, M> Field<T, M> {
    /// For [`instance!`](crate::instance).
    ///
    /// # Safety
    /// There is an `M` at `offset` of every `T`.
    #[doc(hidden)]
    pub const unsafe fn at(offset: usize) -> Self {
        assert!(offset < u32::MAX as usize);
        Field { offset: offset as u32, of: PhantomData }
    }
}

const fn up(offset: usize, align: usize) -> usize {
    (offset + align - 1) / align * align
}

/// Where `repr(C)` puts member `index` of members with these sizes and alignments.
pub const fn offset_of(members: &[(usize, usize)], index: usize) -> usize {
    let (mut offset, mut i) = (0, 0);

    while i < index {
        offset = up(offset, members[i].1) + members[i].0;
        i += 1;
    }
    up(offset, members[index].1)
}

/// The size of a struct of them.
pub const fn end_of(members: &[(usize, usize)], align: usize) -> usize {
    let last = members.len() - 1;

    up(offset_of(members, last) + members[last].0, align)
}

/// Declares the struct of an instance. Each member is a [`Part`]; `Name::member` is its [`Field`], for the rows, so a
/// method cannot have the name of a member. A member `device`, which logs, is added.
#[macro_export]
macro_rules! instance {
    ($(#[$attribute:meta])* $visible:vis struct $name:ident {
        $($(#[$member_attribute:meta])* $member:ident: $type:ty),* $(,)?
    }) => {
        $(#[$attribute])*
        #[repr(C)]
        $visible struct $name {
            device: $crate::Dev,
            $($(#[$member_attribute])* $member: $type,)*
        }

        const _: () = {
            #[allow(non_camel_case_types, dead_code, clippy::upper_case_acronyms)]
            enum Index { device, $($member),* }
            const MEMBERS: &[(usize, usize)] = &[
                (core::mem::size_of::<$crate::Dev>(), core::mem::align_of::<$crate::Dev>()),
                $((core::mem::size_of::<$type>(), core::mem::align_of::<$type>())),*
            ];
            const SIZE: usize = $crate::hidden::end_of(MEMBERS, core::mem::align_of::<$name>());

            assert!(SIZE == core::mem::size_of::<$name>());
            #[allow(non_upper_case_globals, dead_code)]
            impl $name {
                $(
                    #[doc = "The place of the member."]
                    const $member: $crate::Field<$name, $type> = unsafe {
                        $crate::Field::at($crate::hidden::offset_of(MEMBERS, Index::$member as usize))
                    };
                )*
            }

            unsafe impl $crate::Instance for $name {
                fn bind(&self, binding: &$crate::hidden::Binding) -> $crate::Result {
                    $crate::Part::bind(&self.device, binding)?;
                    $($crate::Part::bind(&self.$member, binding)?;)*
                    Ok(())
                }

                fn dev(&self) -> &$crate::Dev {
                    &self.device
                }
            }
        };
    };
}

/// The instance behind the first argument of a callback.
///
/// # Safety
/// The core calls with a `self` of class `T` only.
pub(crate) unsafe fn this<'a, T: Instance>(instance: *mut c_void) -> &'a T {
    &*(instance as *const T)
}

/// A function as a value without bytes: every `fn` item and every closure that captures nothing.
pub(crate) const fn assert_item<F: Copy>() {
    assert!(core::mem::size_of::<F>() == 0, "a row takes functions, not pointers to functions");
}

/// The only value of such a type.
///
/// # Safety
/// A value of `F` has existed, and `assert_item::<F>()` holds.
pub(crate) unsafe fn item<F: Copy>() -> F {
    core::ptr::NonNull::<F>::dangling().as_ptr().read()
}
