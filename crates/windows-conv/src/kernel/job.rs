//! What every kind of multiplication is given.

use super::element::Input;
use super::finish::Finish;
use crate::pass::Pass;

/// Bytes that a cache line, and the widest register, is aligned to.
pub(crate) const ALIGN: usize = 64;

/// One pass over one group of one image: what lies where, and what becomes of it. How it is multiplied is
/// written in the files of each kind: `gemm`, `wide` and `winograd`.
///
/// Of a job hold *inputs*, *outputs*, *operands* and *room*: the table of [`kernel`](super) says what they are.
pub(crate) struct Job<'a, X: Input> {
    pub pass: &'a Pass,
    /// Whether tiles are summed up in scratch and then moved, because neighbouring lanes are not neighbours in
    /// the output.
    pub buffered: bool,
    /// Packed panel by panel: `steps` for each channel, the last panel padded.
    pub weights: &'a [X::Lane],
    /// One for each channel that has weights, or more.
    pub bias: &'a [X::Lane],
    /// Input channels of the group.
    pub channels: usize,
    /// Steps along K.
    pub steps: usize,
    pub input: *const X,
    pub channel_stride: isize,
    pub zero: i32,
    /// The output of the first channel of the group and the first pixel of the image.
    pub out: *mut X::Lane,
    pub out_channel: isize,
    pub finish: Option<Finish<X::Lane>>,
    /// Aligned to [`ALIGN`].
    pub scratch: &'a mut [X::Lane],
}

impl<X: Input> Job<'_, X> {
    /// The same, of which is asserted what can be seen without its memory.
    #[inline]
    pub(crate) fn checked(self) -> Self {
        debug_assert!(self.weights.len().is_multiple_of(self.steps), "operands: panels");
        debug_assert!(self.weights.len() <= self.bias.len() * self.steps, "operands: bias");
        debug_assert!(self.steps.is_multiple_of(self.channels.div_ceil(X::PAIR)), "operands: K");
        debug_assert_eq!(self.scratch.as_ptr().addr() % ALIGN, 0, "room: aligned");
        self
    }
}
