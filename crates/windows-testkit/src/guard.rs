//! Memory between pages that must not be touched: a read or a write of one byte too many ends the test.
//!
//! A kernel that loads whole registers, or computes an address a row too far, gives right results in a `Vec`: what lies
//! behind it is other memory of the process. Here it is nothing.
//!
//! ```text
//! | page without access | .. values | page without access |      Guarded::at_end
//! | page without access | values .. | page without access |      Guarded::at_start
//! ```
#![allow(unsafe_code)]

use std::ops::{Deref, DerefMut};

pub use memory::Guarded;

/// The two places that values can have: beside the page behind them, and beside the page before them.
///
/// An overrun is caught to the byte on the side that the values lie at, and by the page further away on the other.
pub fn both_ends<T: Copy>(values: &[T]) -> [Guarded<T>; 2] {
    [Guarded::at_end(values), Guarded::at_start(values)]
}

#[cfg(all(unix, not(miri)))]
mod memory {
    use std::marker::PhantomData;
    use std::{ptr, slice};

    use rustix::mm::{self, MapFlags, MprotectFlags, ProtFlags};

    /// Values beside a page that cannot be read or written.
    ///
    /// `base` is a private mapping of `bytes` bytes, of which all but the first and the last page can be read and
    /// written; `first` points to `len` initialised values inside of what can.
    #[derive(Debug)]
    pub struct Guarded<T> {
        base: *mut u8,
        bytes: usize,
        first: *mut T,
        len: usize,
        values: PhantomData<T>,
    }

    impl<T: Copy> Guarded<T> {
        /// A copy of `values` whose last byte is the last one before a page without access.
        ///
        /// # Panics
        /// If the system has no memory left.
        #[must_use]
        pub fn at_end(values: &[T]) -> Self {
            Self::new(values, true)
        }

        /// A copy of `values` whose first byte is the first one behind a page without access.
        ///
        /// # Panics
        /// If the system has no memory left.
        #[must_use]
        pub fn at_start(values: &[T]) -> Self {
            Self::new(values, false)
        }

        fn new(values: &[T], end: bool) -> Self {
            let page = rustix::param::page_size();
            assert!(align_of::<T>() <= page, "a page is aligned for the values");
            let room = size_of_val(values).next_multiple_of(page);
            let bytes = room + 2 * page;
            // SAFETY: a mapping at an address that the system chooses overlaps nothing.
            let base = unsafe {
                mm::mmap_anonymous(
                    ptr::null_mut(),
                    bytes,
                    ProtFlags::READ | ProtFlags::WRITE,
                    MapFlags::PRIVATE,
                )
            };
            let base = base.expect("memory for guarded values").cast::<u8>();
            let behind = base.wrapping_add(page + room);
            for guard in [base, behind] {
                // SAFETY: a page of the mapping above, which nothing refers to yet.
                unsafe { mm::mprotect(guard.cast(), page, MprotectFlags::empty()) }
                    .expect("a page without access");
            }
            // A size is a multiple of its alignment, and pages are aligned for the values: so is what ends with one.
            let first = if end {
                behind.wrapping_sub(size_of_val(values))
            } else {
                base.wrapping_add(page)
            };
            let first = first.cast::<T>();
            // SAFETY: `room` bytes between the guards are writable and hold the values; the mapping is new.
            unsafe { ptr::copy_nonoverlapping(values.as_ptr(), first, values.len()) };
            Self { base, bytes, first, len: values.len(), values: PhantomData }
        }
    }

    impl<T> Guarded<T> {
        /// Touches the first byte behind the values or, if `before`, the last one before them: the test of the guards
        /// ends a process so.
        pub fn overrun(&self, before: bool) {
            let first = self.first.cast::<u8>();
            let at = if before {
                first.wrapping_sub(1)
            } else {
                first.wrapping_add(size_of_val(self.values()))
            };
            // SAFETY: a volatile read of an address in no Rust allocation does what the processor does: it faults.
            let _ = unsafe { at.read_volatile() };
        }

        pub(super) fn values(&self) -> &[T] {
            // SAFETY: `first` points to `len` initialised values, borrowed as `self` is.
            unsafe { slice::from_raw_parts(self.first, self.len) }
        }

        pub(super) fn values_mut(&mut self) -> &mut [T] {
            // SAFETY: as above; `self` is borrowed alone.
            unsafe { slice::from_raw_parts_mut(self.first, self.len) }
        }
    }

    impl<T> Drop for Guarded<T> {
        fn drop(&mut self) {
            // SAFETY: the whole mapping, which only `self` refers to; values that are `Copy` need no drop.
            unsafe { mm::munmap(self.base.cast(), self.bytes) }.expect("the mapping is ours");
        }
    }
}

/// Where there are no pages to protect: plain values, so that the same tests run.
#[cfg(not(all(unix, not(miri))))]
mod memory {
    /// A copy of values; nothing here guards them.
    #[derive(Debug)]
    pub struct Guarded<T>(Vec<T>);

    impl<T: Copy> Guarded<T> {
        /// A copy of `values`.
        #[must_use]
        pub fn at_end(values: &[T]) -> Self {
            Self(values.to_vec())
        }

        /// A copy of `values`.
        #[must_use]
        pub fn at_start(values: &[T]) -> Self {
            Self(values.to_vec())
        }
    }

    impl<T> Guarded<T> {
        /// Nothing is guarded here, and nothing touched.
        pub fn overrun(&self, _: bool) {}

        pub(super) fn values(&self) -> &[T] {
            &self.0
        }

        pub(super) fn values_mut(&mut self) -> &mut [T] {
            &mut self.0
        }
    }
}

impl<T> Deref for Guarded<T> {
    type Target = [T];

    fn deref(&self) -> &[T] {
        self.values()
    }
}

impl<T> DerefMut for Guarded<T> {
    fn deref_mut(&mut self) -> &mut [T] {
        self.values_mut()
    }
}
