//! Asking for memory before it is needed.

/// Asks for what will be read or written soon. The processor foresees neighbours by itself, but not the rows
/// of a tile, which lie pages apart.
#[inline(always)]
pub fn fetch<T>(elements: &[T]) {
    #[cfg(all(target_arch = "x86_64", target_feature = "sse", not(miri)))]
    for byte in (0..size_of_val(elements)).step_by(64) {
        use core::arch::x86_64::{_MM_HINT_T0, _mm_prefetch};
        // SAFETY: SSE is on for the whole build, and a prefetch reads nothing and does not fault.
        unsafe { _mm_prefetch::<_MM_HINT_T0>(elements.as_ptr().wrapping_byte_add(byte).cast()) };
    }
    let _ = elements;
}
