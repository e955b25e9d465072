//! Some of the bytes of a register, for sets that have no masked loads and stores of bytes: in a few moves of 8, 4, 2
//! or 1 bytes that overlap, and never one by one.

/// `len` bytes, at most 16, as the two halves of a register. The others are zero.
///
/// # Safety
/// As many bytes at `from` are readable.
#[inline(always)]
pub(crate) unsafe fn load(from: *const u8, len: usize) -> [u64; 2] {
    // SAFETY: all reads lie in the `len` bytes. Where two overlap they read the same, so that merging changes nothing.
    unsafe {
        let last = |size: usize| from.add(len - size);
        match len {
            0 => [0, 0],
            1..=3 => {
                let byte = |at: usize| u64::from(from.add(at).read()) << (8 * at);
                [byte(0) | byte(len / 2) | byte(len - 1), 0]
            }
            4..=7 => {
                let first = u64::from(from.cast::<u32>().read_unaligned());
                let last = u64::from(last(4).cast::<u32>().read_unaligned());
                [first | last << (8 * (len - 4)), 0]
            }
            8 => [from.cast::<u64>().read_unaligned(), 0],
            _ => {
                let first = from.cast::<u64>().read_unaligned();
                let last = last(8).cast::<u64>().read_unaligned();
                [first, last >> (8 * (16 - len))]
            }
        }
    }
}

/// The first `len` bytes, at most 16, of the two halves of a register.
///
/// # Safety
/// As many bytes at `to` are writable.
#[inline(always)]
pub(crate) unsafe fn store(to: *mut u8, len: usize, [low, high]: [u64; 2]) {
    // SAFETY: all writes lie in the `len` bytes. Where two overlap they write the same.
    unsafe {
        let last = |size: usize| to.add(len - size);
        match len {
            0 => {}
            1..=3 => {
                for at in [0, len / 2, len - 1] {
                    to.add(at).write((low >> (8 * at)) as u8);
                }
            }
            4..=7 => {
                to.cast::<u32>().write_unaligned(low as u32);
                last(4).cast::<u32>().write_unaligned((low >> (8 * (len - 4))) as u32);
            }
            8 => to.cast::<u64>().write_unaligned(low),
            16 => {
                to.cast::<u64>().write_unaligned(low);
                last(8).cast::<u64>().write_unaligned(high);
            }
            _ => {
                let shift = 8 * (len - 8);
                to.cast::<u64>().write_unaligned(low);
                last(8).cast::<u64>().write_unaligned(low >> shift | high << (64 - shift));
            }
        }
    }
}

/// The bytes 0 to 15. With `n` taken away they are the places that `bytes_at` moves bytes up by `n` from; with `n` added,
/// down.
pub(crate) const COUNT: [u8; 16] = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15];
