//! Writing a buffer from front to back, without filling it first.
#![allow(unsafe_code)]

use alloc::vec::Vec;
use core::mem::{MaybeUninit, size_of};
use core::ptr;

/// A buffer that is written in order. It counts what it has written, so that memory that was never
/// written is never read.
#[derive(Debug)]
pub(crate) struct Writer<'o, T> {
    out: &'o mut [MaybeUninit<T>],
    written: usize,
}

impl<'o, T: Copy> Writer<'o, T> {
    /// Overwrites a buffer.
    pub(crate) fn over(out: &'o mut [T]) -> Self {
        let (start, len) = (out.as_mut_ptr().cast::<MaybeUninit<T>>(), out.len());
        // SAFETY: `MaybeUninit<T>` has the layout of `T`, and the writer only ever stores whole,
        // initialised values, so the caller's slice holds valid values at every moment. `T: Copy` has
        // no destructor that an overwrite could skip.
        let out = unsafe { core::slice::from_raw_parts_mut(start, len) };
        Self { out, written: 0 }
    }

    /// A vector of what `write` writes, at most `len` elements.
    pub(crate) fn collect(len: usize, write: impl FnOnce(&mut Writer<'_, T>)) -> Vec<T> {
        let mut vector = Vec::with_capacity(len);
        let mut writer = Writer { out: &mut vector.spare_capacity_mut()[..len], written: 0 };
        write(&mut writer);
        let written = writer.written;
        // SAFETY: the writer has initialised the first `written` elements of the spare capacity, and
        // `written <= len <= capacity`.
        unsafe { vector.set_len(written) };
        vector
    }

    /// Two writers, for the next `len` elements and for the rest; both unwritten.
    #[cfg(feature = "rayon")]
    pub(crate) fn split(&mut self, len: usize) -> (Writer<'_, T>, Writer<'_, T>) {
        let (first, rest) = self.out[self.written..].split_at_mut(len);
        (Writer { out: first, written: 0 }, Writer { out: rest, written: 0 })
    }

    /// Takes over what the writers of [`Writer::split`] have written.
    #[cfg(feature = "rayon")]
    pub(crate) fn join(&mut self, first: Written, rest: Written) {
        // Only what is written without a gap counts.
        self.written += if first.full { first.written + rest.written } else { first.written };
    }

    /// How far this writer has come.
    #[cfg(feature = "rayon")]
    pub(crate) fn finish(self) -> Written {
        Written { written: self.written, full: self.written == self.out.len() }
    }

    #[inline]
    pub(crate) fn push(&mut self, value: T) {
        self.out[self.written].write(value);
        self.written += 1;
    }

    #[inline]
    pub(crate) fn fill(&mut self, len: usize, value: T) {
        for slot in &mut self.out[self.written..self.written + len] {
            slot.write(value);
        }
        self.written += len;
    }

    /// Appends `len` elements of `src`, `stride` apart.
    #[inline]
    pub(crate) fn gather(&mut self, src: &[T], first: usize, stride: isize, len: usize) {
        if stride == 1 {
            return self.rows(src, first, 0, 1, len);
        }
        let mut at = first;
        for slot in &mut self.out[self.written..self.written + len] {
            slot.write(src[at]);
            at = at.wrapping_add_signed(stride);
        }
        self.written += len;
    }

    /// Appends `rows` runs of `run` neighbouring elements of `src`; the first starts at `first`, and
    /// each `stride` elements after the one before.
    ///
    /// # Panics
    /// If one of them is not inside `src`, or the buffer is full.
    #[inline]
    pub(crate) fn rows(&mut self, src: &[T], first: usize, stride: isize, rows: usize, run: usize) {
        let out = &mut self.out[self.written..][..rows * run];
        if out.is_empty() {
            return;
        }
        // The offsets of the rows lie between those of the first and the last; both are checked, and
        // a product that wraps cannot be that of an offset in a slice.
        let reach = stride.checked_mul(rows as isize - 1).expect("a row inside the slice");
        let last = first.checked_add_signed(reach).expect("a row inside the slice");
        assert!(run <= src.len() && first.max(last) <= src.len() - run, "a row outside the slice");
        // SAFETY: all `rows` runs are inside `src` by the assertion, `out` has room for exactly
        // `rows * run` elements, and a shared and a mutable slice do not overlap.
        unsafe { copy_rows(src.as_ptr().add(first), stride, rows, run, out.as_mut_ptr().cast()) };
        self.written += rows * run;
    }
}

/// What a part of a [`Writer`] has written.
#[cfg(feature = "rayon")]
#[derive(Clone, Copy, Debug)]
pub(crate) struct Written {
    written: usize,
    full: bool,
}

/// Copies `rows` runs to one contiguous destination.
///
/// A call of `memcpy` costs more than a short run takes, so runs of up to 128 bytes are moved by a fixed
/// number of 16-byte moves, the last one overlapping (runs below 16 bytes likewise, by 8, 4, 2 or 1).
/// Measured on 224 x 224 x 3 bytes in 16 x 16 patches, runs of 48 bytes: 3 times as fast.
///
/// # Safety
/// Every row, `run` elements from `src + i * stride`, is readable, and `rows * run` elements from `dst`
/// are writable and overlap none of them.
#[inline]
unsafe fn copy_rows<T: Copy>(src: *const T, stride: isize, rows: usize, run: usize, dst: *mut T) {
    let bytes = run * size_of::<T>();
    let (src, dst) = (src.cast::<u8>(), dst.cast::<u8>());
    // A stride in elements between two elements of one slice is one in bytes that fits.
    let stride = stride.wrapping_mul(size_of::<T>() as isize);
    macro_rules! moves {
        ($block:ty, $count:literal) => {
            // SAFETY: as for this function; `bytes` is at least one block and at most `$count`.
            unsafe { copy_short::<$block, $count>(src, stride, rows, bytes, dst) }
        };
    }
    match bytes {
        0 => {}
        1 => moves!(u8, 1),
        2..=3 => moves!(u16, 2),
        4..=7 => moves!(u32, 2),
        8..=15 => moves!(u64, 2),
        16 => moves!(u128, 1),
        17..=32 => moves!(u128, 2),
        33..=48 => moves!(u128, 3),
        49..=64 => moves!(u128, 4),
        65..=96 => moves!(u128, 6),
        97..=128 => moves!(u128, 8),
        _ => {
            for row in 0..rows {
                // SAFETY: as for this function.
                unsafe {
                    ptr::copy_nonoverlapping(
                        src.wrapping_offset(stride.wrapping_mul(row as isize)),
                        dst.add(row * bytes),
                        bytes,
                    );
                }
            }
        }
    }
}

/// Copies runs of `bytes` bytes by `COUNT` moves of a `Block`, each as far along as the run allows: the
/// last ones overlap where `bytes` is not a multiple.
///
/// # Safety
/// As for [`copy_rows`], and `size_of::<Block>() <= bytes <= COUNT * size_of::<Block>()`.
#[inline]
unsafe fn copy_short<Block: Copy, const COUNT: usize>(
    src: *const u8,
    stride: isize,
    rows: usize,
    bytes: usize,
    dst: *mut u8,
) {
    let last = bytes - size_of::<Block>();
    let (mut src, mut dst) = (src, dst);
    for _ in 0..rows {
        for block in 0..COUNT {
            let at = (block * size_of::<Block>()).min(last);
            // SAFETY: `at + size_of::<Block>() <= bytes`, inside the run on both sides; `MaybeUninit`
            // moves padding bytes of `T` as they are, and both accesses are unaligned.
            unsafe {
                let value = src.add(at).cast::<MaybeUninit<Block>>().read_unaligned();
                dst.add(at).cast::<MaybeUninit<Block>>().write_unaligned(value);
            }
        }
        src = src.wrapping_offset(stride);
        dst = dst.wrapping_add(bytes);
    }
}
