//! Where the libraries put their frames.
//!
//! | constructor | frame `k` starts at | frames of `n` samples |
//! | --- | --- | --- |
//! | [`FrameSpec::librosa`], [`FrameSpec::torch`] | `k h - floor(L/2)` | `1 + floor((n + 2 floor(L/2) - L) / h)` |
//! | [`FrameSpec::new`]: librosa and torch uncentred, torch aligned, Kaldi, TensorFlow | `k h` | `1 + floor((n - L) / h)`, 0 if `n < L` |
//! | [`FrameSpec::tensorflow_padded`] | `k h` | `ceil(n / h)` |
//! | [`FrameSpec::kaldi_unsnipped`] | `k h + floor(h/2) - floor(L/2)` | `floor((n + floor(h/2)) / h)` |
//! | [`FrameSpec::scipy`] | `p h - floor(L/2)`, from the first `p` that touches the data | every `p` that touches it |
//! | [`FrameSpec::scipy_legacy`] | `k h - floor(L/2)` | `1 + ceil((n + 2 floor(L/2) - L) / h)` |
//! | [`FrameSpec::whisper`] | `k h - floor(L/2)` | `floor(n / h)` |
//! | [`FrameSpec::huggingface`] | `k (L - overlap)` | 1 if `n <= L`, else `1 + ceil((n - L) / (L - overlap))` |

use windows_core::{Border, Edge};

use crate::FrameSpec;

impl FrameSpec {
    /// `librosa.stft`, centred with zeros. The bare `librosa.util.frame` is [`FrameSpec::new`], and so
    /// is `center=False`; both raise where this gives no frame.
    ///
    /// # Example
    /// ```
    /// use windows_frame::FrameSpec;
    ///
    /// assert_eq!(FrameSpec::librosa(400, 160).count(16_000), 101);
    /// ```
    #[must_use]
    pub const fn librosa(length: usize, hop: usize) -> Self {
        Self::new(length, hop).centered()
    }

    /// `torch.stft`, centred and reflected. Where torch raises, for input no longer than the padding,
    /// reflection repeats, as numpy's does. The bare `Tensor.unfold` is [`FrameSpec::new`].
    #[must_use]
    pub const fn torch(length: usize, hop: usize) -> Self {
        Self::new(length, hop).centered().border(Border::Reflect)
    }

    /// `torch.stft(center=False, align_to_window=True)`: frames are as long as the window, however
    /// long the transform is.
    #[must_use]
    pub const fn torch_aligned(window: usize, hop: usize) -> Self {
        Self::new(window, hop)
    }

    /// `tf.signal.frame` and `tf.signal.stft`.
    #[must_use]
    pub const fn tensorflow(length: usize, hop: usize) -> Self {
        Self::new(length, hop)
    }

    /// `tf.signal.frame(pad_end=True)`: a frame wherever one starts in the data, padded with zeros.
    #[must_use]
    pub const fn tensorflow_padded(length: usize, hop: usize) -> Self {
        Self::new(length, hop).edge(Edge::Keep)
    }

    /// Kaldi's features, `snip_edges=true`.
    #[must_use]
    pub const fn kaldi(length: usize, hop: usize) -> Self {
        Self::new(length, hop)
    }

    /// Kaldi's features, `snip_edges=false`: frames centred in their hops, the signal mirrored with its
    /// edge sample repeated.
    ///
    /// # Example
    /// ```
    /// use windows_frame::FrameSpec;
    ///
    /// let grid = FrameSpec::kaldi_unsnipped(400, 160).over(16_000)?;
    /// assert_eq!((grid.count(), grid.start(0)), (100, -120));
    /// // A hop beyond the length starts inside the data.
    /// let grid = FrameSpec::kaldi_unsnipped(100, 160).over(16_000)?;
    /// assert_eq!((grid.count(), grid.start(0)), (100, 30));
    /// # Ok::<(), windows_frame::FrameError>(())
    /// ```
    #[must_use]
    pub const fn kaldi_unsnipped(length: usize, hop: usize) -> Self {
        let before = (length / 2) as isize - (hop / 2) as isize;
        let after = length.div_ceil(2) as isize - (hop % 2) as isize;
        Self::new(length, hop).padding(before, after).border(Border::Symmetric)
    }

    /// `scipy.signal.ShortTimeFFT`: every slice that touches the data with a weight that is not zero.
    /// `leading_zeros` is how many weights of the window are zero before the first that is not: 1 for
    /// Hann, 0 for Hamming. Windows of which half or more is zero are not foreseen.
    ///
    /// # Example
    /// ```
    /// use windows_frame::FrameSpec;
    ///
    /// let grid = FrameSpec::scipy(400, 160, 1).over(16_000)?;
    /// assert_eq!((grid.count(), grid.start(0)), (103, -360));
    /// # Ok::<(), windows_frame::FrameError>(())
    /// ```
    #[must_use]
    pub const fn scipy(length: usize, hop: usize, leading_zeros: usize) -> Self {
        let half = length / 2;
        let behind = length - half;
        // Slices before the one centred on sample 0 that still reach a sample.
        let earlier = if hop == 0 { 0 } else { behind.div_ceil(hop).saturating_sub(1) };
        let before = half + earlier * hop;
        // A slice touches as long as the weight that lies on the last sample is not a leading zero,
        let touching = length.saturating_sub(leading_zeros + 1);
        // and the slice centred on the last hop counts in any case.
        let after = if touching > behind { touching } else { behind };
        Self::new(length, hop).padding(before as isize, after as isize)
    }

    /// `scipy.signal.stft`: zeros on both sides, and more at the end until a slice fits. The hop is
    /// at most the length.
    #[must_use]
    pub const fn scipy_legacy(length: usize, hop: usize) -> Self {
        let half = (length / 2) as isize;
        Self::new(length, hop).padding(half, half + hop.saturating_sub(1) as isize)
    }

    /// Whisper's features, of OpenAI and Hugging Face: as [`FrameSpec::torch`] without the last frame.
    /// Length 400 and hop 160 at 16 kHz; the libraries first extend the sound to 30 s with zeros.
    ///
    /// # Example
    /// ```
    /// use windows_frame::FrameSpec;
    ///
    /// assert_eq!(FrameSpec::whisper(400, 160).count(480_000), 3000);
    /// ```
    #[must_use]
    pub const fn whisper(length: usize, hop: usize) -> Self {
        let half = (length / 2) as isize;
        let after = length.div_ceil(2) as isize - hop as isize;
        Self::new(length, hop).padding(half, after).border(Border::Reflect)
    }

    /// Hugging Face's windows over long input, of tokenizers and of speech recognition (where the
    /// overlap is both strides): neighbours share `overlap` (there called `stride`), the last one may
    /// be partial and comes when all is covered. No frame over nothing, where tokenizers give an empty
    /// one.
    #[must_use]
    pub const fn huggingface(length: usize, overlap: usize) -> Self {
        Self::overlapping(length, overlap).edge(Edge::Covered)
    }
}
