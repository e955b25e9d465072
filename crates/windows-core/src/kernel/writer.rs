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
    /// Whether runs are stored past the caches.
    stream: bool,
}

/// Outputs of at least this many bytes are stored past the caches where runs allow: they would not stay
/// there, and a line that is written whole need not be read first. Measured against plain stores: 0.95 of
/// the time for 48 MiB in runs of 768 bytes, 0.53 for 33 MB in runs of 32 (overlapping 8 x 8 windows).
const STREAM: usize = 4 << 20;

impl<'o, T: Copy> Writer<'o, T> {
    /// Overwrites a buffer.
    pub(crate) fn over(out: &'o mut [T]) -> Self {
        Self::over_part(out.len(), out)
    }

    /// Overwrites part of a buffer of `whole` elements.
    pub(crate) fn over_part(whole: usize, out: &'o mut [T]) -> Self {
        let (start, len) = (out.as_mut_ptr().cast::<MaybeUninit<T>>(), out.len());
        // SAFETY: `MaybeUninit<T>` has the layout of `T`, and the writer only ever stores whole,
        // initialised values, so the caller's slice holds valid values at every moment. `T: Copy` has
        // no destructor that an overwrite could skip.
        let out = unsafe { core::slice::from_raw_parts_mut(start, len) };
        Self { out, written: 0, stream: whole.saturating_mul(size_of::<T>()) >= STREAM }
    }

    /// A vector of what `write` writes, at most `len` elements.
    pub(crate) fn collect(len: usize, write: impl FnOnce(&mut Writer<'_, T>)) -> Vec<T> {
        let mut vector = Vec::with_capacity(len);
        let out = &mut vector.spare_capacity_mut()[..len];
        let stream = size_of_val(out) >= STREAM;
        let mut writer = Writer { out, written: 0, stream };
        write(&mut writer);
        let written = writer.written;
        drop(writer);
        // SAFETY: the writer has initialised the first `written` elements of the spare capacity, and
        // `written <= len <= capacity`.
        unsafe { vector.set_len(written) };
        vector
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
        let (src, dst) = (src[first..].as_ptr(), out.as_mut_ptr().cast::<T>());
        let streams = self.stream && can_stream(dst, run * size_of::<T>());
        // SAFETY: all `rows` runs are inside `src` by the assertion, `out` has room for exactly
        // `rows * run` elements, and a shared and a mutable slice do not overlap. What streams was
        // looked at just now.
        unsafe {
            if streams {
                stream_rows(src, stride, rows, run, dst);
            } else {
                copy_rows(src, stride, rows, run, dst);
            }
        }
        self.written += rows * run;
    }
}

impl<T> Drop for Writer<'_, T> {
    fn drop(&mut self) {
        // Stores past the caches are ordered before nothing that follows, not even before handing the
        // buffer to another thread, unless a fence says so.
        #[cfg(all(target_arch = "x86_64", target_feature = "sse2", not(miri)))]
        if self.stream {
            // SAFETY: SSE2, of which this instruction is part, is on for the whole build.
            unsafe { core::arch::x86_64::_mm_sfence() };
        }
    }
}

/// Whether runs of `bytes` bytes to `dst` can be stored past the caches: on `x86_64`, in whole, aligned
/// blocks of 16 bytes.
fn can_stream<T>(dst: *const T, bytes: usize) -> bool {
    cfg!(all(target_arch = "x86_64", target_feature = "sse2", not(miri)))
        && bytes.is_multiple_of(16)
        && dst.addr().is_multiple_of(16)
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

/// Copies `rows` runs past the caches, asking for the next run while one is copied: a stride of many
/// pages is none that the processor foresees.
///
/// # Safety
/// As for [`copy_rows`], and [`can_stream`] says yes.
#[cfg(all(target_arch = "x86_64", target_feature = "sse2", not(miri)))]
unsafe fn stream_rows<T: Copy>(src: *const T, stride: isize, rows: usize, run: usize, dst: *mut T) {
    use core::arch::x86_64::{
        __m128i, _MM_HINT_T0, _mm_loadu_si128, _mm_prefetch, _mm_stream_si128,
    };
    let blocks = run * size_of::<T>() / size_of::<__m128i>();
    let mut dst = dst.cast::<__m128i>();
    let mut src = src;
    for _ in 0..rows {
        let next = src.wrapping_offset(stride);
        for block in 0..blocks {
            if block % 4 == 0 {
                let ahead = next.cast::<__m128i>().wrapping_add(block);
                // SAFETY: a prefetch of any address is allowed.
                unsafe { _mm_prefetch::<_MM_HINT_T0>(ahead.cast()) };
            }
            // SAFETY: `block` lies inside a run on both sides, and `dst` is aligned.
            unsafe {
                let value = _mm_loadu_si128(src.cast::<__m128i>().add(block));
                _mm_stream_si128(dst.add(block), value);
            }
        }
        src = next;
        dst = dst.wrapping_add(blocks);
    }
}

/// There is nothing to stream with: [`can_stream`] never says yes.
///
/// # Safety
/// As for [`copy_rows`].
#[cfg(not(all(target_arch = "x86_64", target_feature = "sse2", not(miri))))]
unsafe fn stream_rows<T: Copy>(src: *const T, stride: isize, rows: usize, run: usize, dst: *mut T) {
    // SAFETY: the caller's promise is passed on.
    unsafe { copy_rows(src, stride, rows, run, dst) }
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
