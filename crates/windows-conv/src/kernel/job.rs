//! What every kind of multiplication is given.

use super::element::Input;
use super::finish::Finish;
use crate::pass::Pass;

/// Bytes that a cache line, and the widest register, is aligned to.
pub(crate) const ALIGN: usize = 64;

/// One pass over one group of one image: what lies where, and what becomes of it. How it is multiplied is
/// written in the files of each kind: `gemm`, `wide` and `winograd`.
pub(crate) struct Job<'a, X: Input> {
    pub pass: &'a Pass,
    /// Whether tiles are summed up in scratch and then moved, because neighbouring lanes are not neighbours in
    /// the output.
    pub buffered: bool,
    /// Packed panel by panel.
    pub weights: &'a [X::Lane],
    /// As many as padded channels.
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
    /// Aligned.
    pub scratch: &'a mut [X::Lane],
}
