//! Copies of bytes that need an instruction by name: by a mask, and past the caches.
//!
//! A register of the language's own is a number, and moving a value of any type through one would read bytes that are
//! none: padding, bytes never written, parts of pointers. Inside one `asm!` from memory to memory, nothing of that sort
//! is said: each block is a copy of bytes, which is what its twin for the interpreter is, too.

/// Copies the bytes that a mask has a bit for, at most 64, by a single move.
///
/// # Safety
/// The bits are the lowest ones. Those bytes are readable from `src` and writable from `dst` on, and do not overlap; the
/// processor has AVX-512 F and BW.
#[cfg(all(target_arch = "x86_64", not(miri)))]
#[inline]
#[target_feature(enable = "avx512f,avx512bw")]
pub unsafe fn masked(src: *const u8, mask: u64, dst: *mut u8) {
    // SAFETY: the caller's promise; bytes beyond the mask are neither read nor written, and do not fault.
    unsafe {
        core::arch::asm!(
            "vmovdqu8 zmm16{{{mask}}}{{z}}, [{src}]",
            "vmovdqu8 [{dst}]{{{mask}}}, zmm16",
            src = in(reg) src,
            dst = in(reg) dst,
            mask = in(kreg) mask,
            // One of the upper half, which older instructions cannot name: they need not wait for it to be cleared.
            out("zmm16") _,
            options(nostack, preserves_flags),
        );
    }
}

/// The twin of the copy by a mask, for the interpreter.
///
/// # Safety
/// As for the copy by a mask, on any processor.
#[cfg(miri)]
pub unsafe fn masked(src: *const u8, mask: u64, dst: *mut u8) {
    // SAFETY: the caller's promise; the mask has its bits at the front.
    unsafe { core::ptr::copy_nonoverlapping(src, dst, mask.trailing_ones() as usize) };
}

/// Whether [`stream`] copies `bytes` to `dst` past the caches: on `x86_64`, in whole, aligned blocks of 16 bytes.
#[must_use]
#[inline]
pub fn can_stream(dst: *const u8, bytes: usize) -> bool {
    cfg!(any(all(target_arch = "x86_64", target_feature = "sse2"), miri))
        && bytes.is_multiple_of(16)
        && dst.addr().is_multiple_of(16)
}

/// Copies bytes past the caches.
///
/// # Safety
/// `bytes` are readable from `src` and writable from `dst` on, and do not overlap; `bytes` and `dst` are multiples of
/// 16. Before what is written is accessed otherwise, [`fence`] is called.
#[inline(always)]
pub unsafe fn stream(src: *const u8, bytes: usize, dst: *mut u8) {
    for at in (0..bytes).step_by(16) {
        // SAFETY: 16 of the bytes, on both sides, and a multiple of 16 ahead of `dst`.
        unsafe { stream_block(src.add(at), dst.add(at)) };
    }
}

/// Copies 16 bytes past the caches.
///
/// # Safety
/// As for [`stream`], of 16 bytes.
#[cfg(all(target_arch = "x86_64", target_feature = "sse2", not(miri)))]
#[inline(always)]
unsafe fn stream_block(src: *const u8, dst: *mut u8) {
    // SAFETY: the caller's promise; SSE2 is on for the whole build.
    unsafe {
        core::arch::asm!(
            "movdqu {block}, [{src}]",
            "movntdq [{dst}], {block}",
            src = in(reg) src,
            dst = in(reg) dst,
            block = out(xmm_reg) _,
            options(nostack, preserves_flags),
        );
    }
}

/// # Safety
/// As for its twin. Without one, [`can_stream`] never says yes.
#[cfg(not(all(target_arch = "x86_64", target_feature = "sse2", not(miri))))]
unsafe fn stream_block(src: *const u8, dst: *mut u8) {
    debug_assert!(dst.addr().is_multiple_of(16), "a store past the caches is of a whole block");
    // SAFETY: the caller's promise.
    unsafe { core::ptr::copy_nonoverlapping(src, dst, 16) };
}

/// Orders stores past the caches before all that follows.
pub fn fence() {
    #[cfg(all(target_arch = "x86_64", target_feature = "sse2", not(miri)))]
    // SAFETY: SSE2, of which this instruction is part, is on for the whole build.
    unsafe {
        core::arch::x86_64::_mm_sfence();
    }
}
