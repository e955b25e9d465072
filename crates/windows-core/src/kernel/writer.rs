//! Writing a buffer from front to back, without filling it first.
#![allow(unsafe_code)]

use alloc::vec::Vec;
use core::mem::{MaybeUninit, size_of};
use core::ptr;

use windows_simd::copies::{can_stream, fence, stream};

#[cfg(any(target_arch = "x86_64", miri))]
use super::Isa;

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
/// there, and a line that is written whole need not be read first. Measured against plain stores: 0.65 of
/// the time for 48 MiB in tiles with runs of 768 bytes; 1.05 for 33 MB in runs of 32 (overlapping 8 x 8
/// windows) where the last cache, of 480 MB, would have held them.
const STREAM: usize = if cfg!(miri) { 4 << 10 } else { 4 << 20 };

/// Bytes of a block of short runs that are stored past the caches before the next block has its turn.
const TURN: usize = 256;

/// Bytes of a cache line, which a store past the caches writes best as a whole.
const LINE: usize = 64;

/// Evenly spaced starts: how many, and how far apart.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Steps {
    pub(crate) count: usize,
    pub(crate) stride: isize,
}

impl Steps {
    pub(crate) const ONE: Self = Self { count: 1, stride: 0 };

    /// The start that many steps, in bytes, from a first one.
    #[inline(always)]
    fn from(self, first: *const u8, at: usize) -> *const u8 {
        first.wrapping_offset(self.stride.wrapping_mul(at as isize))
    }

    /// How far the last start lies from the first one; there is one.
    fn reach(self) -> isize {
        self.stride.checked_mul(self.count as isize - 1).expect("a run inside the slice")
    }
}

/// Lines of blocks of planes of rows: `run` neighbouring elements at each of their starts.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Blocks {
    pub(crate) lines: Steps,
    pub(crate) blocks: Steps,
    pub(crate) planes: Steps,
    pub(crate) rows: Steps,
    pub(crate) run: usize,
}

impl Blocks {
    pub(crate) const ONE: Self = Self {
        lines: Steps::ONE,
        blocks: Steps::ONE,
        planes: Steps::ONE,
        rows: Steps::ONE,
        run: 1,
    };
}

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

    /// What `write` writes, at most `len` elements, in a vector that has room for them.
    pub(crate) fn collect(
        mut vector: Vec<T>,
        len: usize,
        write: impl FnOnce(&mut Writer<'_, T>),
    ) -> Vec<T> {
        vector.clear();
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
            return self.blocks(src, first, Blocks { run: len, ..Blocks::ONE });
        }
        let mut at = first;
        for slot in &mut self.out[self.written..self.written + len] {
            slot.write(src[at]);
            at = at.wrapping_add_signed(stride);
        }
        self.written += len;
    }

    /// Appends lines of blocks of runs of `src`; the first run of the first block starts at `first`.
    ///
    /// # Panics
    /// If one of them is not inside `src`, or the buffer is full.
    #[inline]
    pub(crate) fn blocks(&mut self, src: &[T], first: usize, of: Blocks) {
        let Blocks { lines, blocks, planes, rows, run } = of;
        let counts = [rows.count, planes.count, blocks.count, lines.count];
        let len = counts.iter().try_fold(run, |len, &count| len.checked_mul(count));
        let out = &mut self.out[self.written..][..len.expect("room for all blocks")];
        if out.is_empty() {
            return;
        }
        // Every run starts between the lowest and the highest of the corners, which are both checked; a
        // product that wraps cannot be that of an offset in a slice.
        let reach = [lines, blocks, planes, rows].map(Steps::reach);
        let corner = |ahead: fn(isize) -> isize| {
            let sum = reach.iter().try_fold(0_isize, |sum, &reach| sum.checked_add(ahead(reach)));
            sum.and_then(|ahead| first.checked_add_signed(ahead))
        };
        let low = corner(|reach| reach.min(0));
        let high = corner(|reach| reach.max(0));
        let inside = low.is_some() && high.is_some_and(|last| last <= src.len() - run);
        assert!(run <= src.len() && inside, "a run outside the slice");
        let bytes = |of: Steps| Steps {
            // A stride in elements between two elements of one slice is one in bytes that fits.
            stride: of.stride.wrapping_mul(size_of::<T>() as isize),
            ..of
        };
        let [lines, blocks, planes, rows] = [lines, blocks, planes, rows].map(bytes);
        let bytes = run * size_of::<T>();
        let plane = rows.count * bytes;
        let block = planes.count * plane;
        // Of all of `src`, not of what begins at `first`: a run may lie before it.
        let src = src.as_ptr().wrapping_add(first).cast::<u8>();
        let dst = out.as_mut_ptr().cast::<u8>();
        let runs = Runs { src, lines, blocks, rows, bytes, dst, pitch: block };
        let stream = self.stream && can_stream(dst, bytes);
        if planes.count == 1 && !stream {
            // SAFETY: every run is inside `src` by the assertion, `out` has room for all of
            // them, and a shared and a mutable slice do not overlap.
            unsafe { runs.copy() };
        } else {
            for line in 0..lines.count {
                let src = lines.from(src, line);
                let dst = dst.wrapping_add(line * blocks.count * block);
                if stream {
                    // A plane of every block, and then the next one.
                    for at in 0..planes.count {
                        let (src, dst) = (planes.from(src, at), dst.wrapping_add(at * plane));
                        // SAFETY: see above; and `can_stream` was asked.
                        unsafe { Runs { src, dst, lines: Steps::ONE, ..runs }.stream() };
                    }
                } else {
                    let (lines, blocks) = (blocks, planes);
                    // SAFETY: see above.
                    unsafe { Runs { src, lines, blocks, rows, bytes, dst, pitch: plane }.copy() };
                }
            }
        }
        self.written += out.len();
    }
}

impl<T> Drop for Writer<'_, T> {
    fn drop(&mut self) {
        // Stores past the caches are ordered before nothing that follows, not even before handing the
        // buffer to another thread, unless a fence says so.
        if self.stream {
            fence();
        }
    }
}

/// Lines of blocks of rows that are copied, in bytes.
#[derive(Clone, Copy)]
struct Runs {
    src: *const u8,
    lines: Steps,
    blocks: Steps,
    rows: Steps,
    bytes: usize,
    dst: *mut u8,
    /// From one block to the next where they are written; the rows of one follow each other.
    pitch: usize,
}

impl Runs {
    /// Where a run of the first line is read, and where it is written.
    ///
    /// # Safety
    /// There is such a run, and it may be written.
    #[inline]
    unsafe fn at(&self, block: usize, row: usize) -> (*const u8, *mut u8) {
        let src = self.rows.from(self.blocks.from(self.src, block), row);
        // SAFETY: the destination holds all runs, of which this is one.
        (src, unsafe { self.dst.add(block * self.pitch + row * self.bytes) })
    }

    /// Calls `copy` with where each run is read and where it is written: one behind the other.
    #[inline(always)]
    fn each(&self, mut copy: impl FnMut(*const u8, *mut u8)) {
        debug_assert_eq!(self.pitch, self.rows.count * self.bytes);
        let mut dst = self.dst;
        for line in 0..self.lines.count {
            let mut block = self.lines.from(self.src, line);
            for _ in 0..self.blocks.count {
                let mut src = block;
                for _ in 0..self.rows.count {
                    copy(src, dst);
                    src = src.wrapping_offset(self.rows.stride);
                    dst = dst.wrapping_add(self.bytes);
                }
                block = block.wrapping_offset(self.blocks.stride);
            }
        }
    }

    /// Copies them.
    ///
    /// A call of `memcpy` costs more than a short run takes, so runs of up to 128 bytes are moved by a fixed
    /// number of moves of 16 bytes, the last one overlapping (runs below 16 bytes likewise, by 8, 4, 2 or
    /// 1). Measured on 224 x 224 x 3 bytes in 16 x 16 patches, runs of 48 bytes: 3 times as fast; moves of
    /// 32 bytes were slower.
    ///
    /// # Safety
    /// Every run, `bytes` from `src` and a stride for each line, block and row, is readable, the bytes of all
    /// runs are writable from `dst` on, one run behind the other, and none of these overlap.
    #[inline]
    unsafe fn copy(self) {
        macro_rules! moves {
            ($block:literal, $count:literal) => {
                // SAFETY: the caller's promise, and `bytes` is one block at least and `$count` at most.
                unsafe { self.copy_short::<$block, $count>() }
            };
        }
        #[cfg(any(target_arch = "x86_64", miri))]
        if (33..=64).contains(&self.bytes) && Isa::best().contains(Isa::AVX512) {
            // SAFETY: the caller's promise, and the instruction set is there.
            return unsafe { self.copy_masked() };
        }
        match self.bytes {
            0 => {}
            1 => moves!(1, 1),
            2..=3 => moves!(2, 2),
            4..=7 => moves!(4, 2),
            8..=15 => moves!(8, 2),
            16 => moves!(16, 1),
            17..=32 => moves!(16, 2),
            33..=48 => moves!(16, 3),
            49..=64 => moves!(16, 4),
            65..=96 => moves!(16, 6),
            97..=128 => moves!(16, 8),
            bytes => {
                // SAFETY: the caller's promise.
                self.each(|src, dst| unsafe { ptr::copy_nonoverlapping(src, dst, bytes) });
            }
        }
    }

    /// Copies them by `COUNT` moves of a `BLOCK` of bytes, each as far along as a run allows: the last ones
    /// overlap where a run is not a multiple.
    ///
    /// # Safety
    /// As for [`Runs::copy`], and `BLOCK <= bytes <= COUNT * BLOCK`.
    #[inline(always)]
    unsafe fn copy_short<const BLOCK: usize, const COUNT: usize>(&self) {
        let last = self.bytes - BLOCK;
        self.each(|src, dst| {
            for block in 0..COUNT {
                let at = (block * BLOCK).min(last);
                // SAFETY: `at + BLOCK <= bytes`, inside the run on both sides, and a run does not overlap
                // where it is written. A copy keeps bytes as they are: those of padding, that were never
                // written, or that are part of a pointer.
                unsafe { ptr::copy_nonoverlapping(src.add(at), dst.add(at), BLOCK) };
            }
        });
    }

    /// Copies them by one move each, of the first `bytes` of a register.
    ///
    /// Measured on runs of 48 bytes: 0.72 of the time of three moves of 16 bytes on one processor, 1.07 on another,
    /// and 0.83 for 57 bytes there. Two moves of 16 bytes are faster than it (0.66 of the time for runs of 24).
    ///
    /// # Safety
    /// As for [`Runs::copy`], runs have 1 to 64 bytes, and the processor has AVX-512 F and BW.
    #[cfg(any(target_arch = "x86_64", miri))]
    #[cfg_attr(not(miri), target_feature(enable = "avx512f,avx512bw"))]
    unsafe fn copy_masked(&self) {
        let mask = u64::MAX >> (64 - self.bytes);
        // SAFETY: the caller's promise; the mask has a bit for every byte of a run and no other.
        self.each(|src, dst| unsafe { windows_simd::copies::masked(src, mask, dst) });
    }

    /// Copies them past the caches: blocks take turns, so that rows that lie side by side are read along.
    ///
    /// # Safety
    /// There is one line. Every run is readable, is writable where [`Runs::at`] says, and overlaps none of the
    /// others; [`can_stream`] says yes.
    #[inline]
    unsafe fn stream(self) {
        // SAFETY: the caller's promise is passed on.
        unsafe {
            match self.bytes {
                16 => self.stream_short::<16>(),
                32 => self.stream_short::<32>(),
                48 => self.stream_short::<48>(),
                _ => self.stream_long(),
            }
        }
    }

    /// Runs shorter than a line: some of a block at a time.
    ///
    /// # Safety
    /// As for [`Runs::stream`], and runs have `BYTES`.
    #[inline(always)]
    unsafe fn stream_short<const BYTES: usize>(&self) {
        let turn = TURN.div_ceil(BYTES);
        for start in (0..self.rows.count).step_by(turn) {
            for block in 0..self.blocks.count {
                // SAFETY: there is a run at the start of a turn, and some may follow it.
                let (mut src, mut dst) = unsafe { self.at(block, start) };
                for _ in start..self.rows.count.min(start + turn) {
                    // SAFETY: a run that the caller promises.
                    unsafe { stream(src, BYTES, dst) };
                    src = src.wrapping_offset(self.rows.stride);
                    dst = dst.wrapping_add(BYTES);
                }
            }
        }
    }

    /// Runs of a line and more: one of each block at a time, as far as the last boundary of a line. What is
    /// behind it waits for the next run, so that no line is written in two parts.
    ///
    /// Measured on 48 MiB in tiles of 256 x 256 x 3 bytes, times of `memcpy`: 0.85 so, 1.4 by turns of some
    /// rows, 1.7 tile after tile.
    ///
    /// # Safety
    /// As for [`Runs::stream`], and runs are as long as a line.
    #[inline(always)]
    unsafe fn stream_long(&self) {
        let Self { rows, bytes, .. } = *self;
        for row in 0..rows.count {
            let last = row + 1 == rows.count;
            for block in 0..self.blocks.count {
                // SAFETY: parts of runs that the caller promises: what waits is less than a line, and so
                // less than a run. All lengths and the destination are multiples of 16, as boundaries of
                // lines are.
                unsafe {
                    let (src, dst) = self.at(block, row);
                    let waiting = if row == 0 { 0 } else { dst.addr() % LINE };
                    if waiting > 0 {
                        let (before, _) = self.at(block, row - 1);
                        stream(before.add(bytes - waiting), waiting, dst.sub(waiting));
                    }
                    let waits = if last { 0 } else { (dst.addr() + bytes) % LINE };
                    stream(src, bytes - waits, dst);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Copies `rows` runs of `run` elements by each way that takes them, and gives what each has made.
    fn ways<T: Copy>(src: &[T], run: usize, rows: usize, blocks: usize) -> Vec<Vec<T>> {
        let bytes = run * size_of::<T>();
        let plane = rows * bytes;
        // Rows and blocks overlap where they are read; the last row first.
        let step = size_of::<T>() as isize;
        let first = src.as_ptr().wrapping_add(rows - 1).cast::<u8>();
        let copied = |copy: &dyn Fn(Runs)| {
            let len = run * rows * blocks;
            // A boundary of 16 bytes, wherever the allocation begins.
            let mut out: Vec<T> = Vec::with_capacity(len + 16);
            let skipped = out.as_ptr().align_offset(16).min(16);
            let dst = out.spare_capacity_mut()[skipped..][..len].as_mut_ptr().cast::<u8>();
            copy(Runs {
                src: first,
                lines: Steps::ONE,
                blocks: Steps { count: blocks, stride: 2 * step },
                rows: Steps { count: rows, stride: -step },
                bytes,
                dst,
                pitch: plane,
            });
            // SAFETY: the copy has written `len` elements from there on.
            unsafe { core::slice::from_raw_parts(dst.cast::<T>(), len) }.to_vec()
        };
        // SAFETY: `src` has the runs, and `out` room for them.
        let mut made = vec![copied(&|runs| unsafe { runs.copy() })];
        #[cfg(any(target_arch = "x86_64", miri))]
        if bytes <= 64 && (cfg!(miri) || Isa::best().contains(Isa::AVX512)) {
            // SAFETY: see above; and the instructions are there.
            made.push(copied(&|runs| unsafe { runs.copy_masked() }));
        }
        if matches!(bytes, 16 | 32 | 48 | 64..) {
            made.push(copied(&|runs| {
                if can_stream(runs.dst, bytes) {
                    // SAFETY: see above; and `can_stream` says yes.
                    unsafe { runs.stream() };
                    fence();
                } else {
                    // SAFETY: see above.
                    unsafe { runs.copy() };
                }
            }));
        }
        made
    }

    /// Each way of copying runs of some lengths against the definition.
    fn check<T: Copy, K: PartialEq + core::fmt::Debug>(
        value: impl Fn(usize) -> T,
        key: impl Fn(&T) -> K,
        runs: &[usize],
    ) {
        for &run in runs {
            for (rows, blocks) in [(1, 1), (2, 3), (9, 2)] {
                let src: Vec<T> = (0..rows + 2 * blocks + run).map(&value).collect();
                let mut expected = Vec::new();
                for block in 0..blocks {
                    for row in 0..rows {
                        let first = rows - 1 - row + 2 * block;
                        expected.extend(src[first..][..run].iter().map(&key));
                    }
                }
                for made in ways(&src, run, rows, blocks) {
                    assert_eq!(made.iter().map(&key).collect::<Vec<_>>(), expected, "{run}");
                }
            }
        }
    }

    #[test]
    fn bytes_that_are_no_numbers_are_copied_as_they_are() {
        // Of every path; all lengths where they are not interpreted.
        let short: Vec<usize> = if cfg!(miri) { vec![1, 3, 4, 6, 9] } else { (1..=40).collect() };
        let (few, most) = (&short[..], if cfg!(miri) { 0 } else { 200 });
        let mut long: Vec<usize> = (1..=most).collect();
        long.extend([1, 2, 5, 12, 16, 23, 32, 40, 48, 57, 64, 80, 100, 112, 144]);
        // Padding in the middle and at the end.
        check(|at| (at as u8, at as u32), |&pair| pair, few);
        check(|at| (at as u64, at as u8), |&pair| pair, few);
        // Pointers, which a number would not be.
        let text = "padding and pointers, and what was never written";
        check(|at| &text[at % 48..], |&part| part, few);
        check(|at| if at % 3 == 0 { None } else { Some(&text.as_bytes()[at % 48]) }, |&it| it, few);
        // Never written: every other element only.
        let half = |at: usize| {
            if at.is_multiple_of(2) {
                (true, MaybeUninit::new(at))
            } else {
                (false, MaybeUninit::uninit())
            }
        };
        // SAFETY: what the flag says was written.
        let read = |it: &(bool, MaybeUninit<usize>)| it.0.then(|| unsafe { it.1.assume_init() });
        check(half, read, few);
        check(|at| at as u8, |&byte| byte, &long);
    }
}
