//! Asks the memory for what is read next.

use std::arch::x86_64::{_MM_HINT_T0, _mm_prefetch};

/// Bytes between what is worked on and what is asked for: a page, at whose end the processor's own look-ahead stops.
const AHEAD: usize = 4096;
/// Bytes of a line of a cache.
const LINE: usize = 64;

/// Asks for what will be needed in a while, where weights or keys are read in one stretch and once: as many lines as this
/// takes, so that each is asked for once.
#[inline(always)]
pub(super) fn ahead<T>(now: &T) {
    let at: *const i8 = std::ptr::from_ref(now).cast();
    for line in (0..size_of::<T>()).step_by(LINE) {
        // SAFETY: it is a hint, nothing is read, and there may be nothing at the address.
        unsafe { _mm_prefetch::<_MM_HINT_T0>(at.wrapping_add(AHEAD + line)) }
    }
}
