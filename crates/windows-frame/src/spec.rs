//! Where frames lie: a spec, and the spec over a number of samples.
//!
//! ```text
//! length 4, hop 2, padding 2:1, over 7 samples
//!
//!    • • 0 1 2 3 4 5 6 •       frame   start   range of samples
//!    ^ ^ ^ ^                   0       -2      0..2
//!        ^ ^ ^ ^               1        0      0..4   interior
//!            ^ ^ ^ ^           2        2      2..6   interior
//!                ^ ^ ^ ^       3        4      4..7
//! ```
//!
//! All arithmetic is that of [`windows_core::Axis`]; the one thing added is that padding may be
//! negative, which leaves samples out: Kaldi's frames start inside the data when the hop exceeds the
//! length.

use alloc::vec::Vec;
use core::ops::Range;

use windows_core::{Axis, AxisSpec, Border, Covering, Edge};
use windows_core::{Extent, Rank, StridedView, WindowError, WindowSpec, Windows};

use crate::FrameError;

/// Length, hop, padding and edge of frames, before the number of samples is known.
///
/// Building it checks nothing, so that it can be a `const`; [`FrameSpec::over`] checks all.
///
/// # Example
/// ```
/// use windows_core::Edge;
/// use windows_frame::FrameSpec;
///
/// const SPEC: FrameSpec = FrameSpec::new(400, 160);
/// assert_eq!(SPEC.count(16_000), 98);
/// assert_eq!(SPEC.padding(200, 200).count(16_000), 101);
/// assert_eq!(SPEC.edge(Edge::Keep).count(16_000), 100);
///
/// let grid = SPEC.over(16_000)?;
/// assert_eq!(grid.range(2), 320..720);
/// assert_eq!(grid.frames_of(330).collect::<Vec<_>>(), [0, 1, 2]);
/// # Ok::<(), windows_frame::FrameError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct FrameSpec {
    length: usize,
    hop: usize,
    before: isize,
    after: isize,
    edge: Edge,
    border: Border<()>,
    /// Samples that a partial frame at the end must have to be kept.
    at_least: Option<usize>,
}

impl FrameSpec {
    /// Frames of `length` elements, every `hop` elements, those that fit. The hop may exceed the
    /// length: what lies between is skipped.
    #[must_use]
    pub const fn new(length: usize, hop: usize) -> Self {
        Self {
            length,
            hop,
            before: 0,
            after: 0,
            edge: Edge::Drop,
            border: Border::Constant(()),
            at_least: None,
        }
    }

    /// Frames of `length` elements of which neighbours share `overlap`: the hop is the length less
    /// that. An overlap of the length or more leaves no hop, which [`FrameSpec::over`] refuses.
    #[must_use]
    pub const fn overlapping(length: usize, overlap: usize) -> Self {
        Self::new(length, length.saturating_sub(overlap))
    }

    /// With virtual elements before and after the data. A negative number leaves elements out.
    #[must_use]
    pub const fn padding(mut self, before: isize, after: isize) -> Self {
        self.before = before;
        self.after = after;
        self
    }

    /// With frame `k` centred on sample `k * hop`: half a length of padding on both sides, rounded
    /// down.
    #[must_use]
    pub const fn centered(self) -> Self {
        let half = (self.length / 2) as isize;
        self.padding(half, half)
    }

    /// With this rule for the last frames: drop them, keep them partial, ceil (pad), snap (slide the
    /// last one back), stop once all is covered, or balance.
    #[must_use]
    pub const fn edge(mut self, edge: Edge) -> Self {
        self.edge = edge;
        self.at_least = None;
        self
    }

    /// With virtual elements, and those that a partial frame lacks, reading as this where frames are
    /// written out. The constant is the zero of the element type.
    #[must_use]
    pub const fn border(mut self, border: Border<()>) -> Self {
        self.border = border;
        self
    }

    /// With a partial frame at the end kept if it has at least this many elements, 1 to the length;
    /// padding after the data then means nothing.
    ///
    /// # Example
    /// ```
    /// use windows_frame::FrameSpec;
    ///
    /// let spec = FrameSpec::new(4, 4).keep_at_least(2);
    /// assert_eq!(spec.count(9), 2); // one sample is left over
    /// assert_eq!(spec.count(10), 3);
    /// ```
    #[must_use]
    pub const fn keep_at_least(mut self, samples: usize) -> Self {
        self.edge = Edge::Drop;
        self.at_least = Some(samples);
        self
    }

    /// Elements of a frame.
    #[must_use]
    pub const fn length(&self) -> usize {
        self.length
    }

    /// Elements between the starts of neighbouring frames.
    #[must_use]
    pub const fn hop(&self) -> usize {
        self.hop
    }

    /// Virtual elements before the data; negative ones are left out.
    #[must_use]
    pub const fn before(&self) -> isize {
        self.before
    }

    /// Virtual elements after the data that a frame may reach; negative ones are left out.
    #[must_use]
    pub const fn after(&self) -> isize {
        match self.at_least {
            // A frame with m real samples at its end reaches length - m beyond the data.
            Some(samples) => self.length.saturating_sub(samples) as isize,
            None => self.after,
        }
    }

    /// The rule for the last frames.
    #[must_use]
    pub const fn rule(&self) -> Edge {
        self.edge
    }

    /// What virtual elements read as.
    #[must_use]
    pub const fn outside(&self) -> Border<()> {
        self.border
    }

    /// Frames along one axis of an array of any rank, zero-copy: on the other axes one element at a
    /// time, so that the channels of interleaved or planar sound are rows of windows.
    ///
    /// # Errors
    /// As [`FrameSpec::over`]; an axis that does not exist.
    ///
    /// # Example
    /// ```
    /// use windows_core::View;
    /// use windows_frame::FrameSpec;
    ///
    /// // interleaved stereo: 5 samples of 2 channels
    /// let sound = [0, 100, 1, 101, 2, 102, 3, 103, 4, 104];
    /// let view = View::new(&sound, [5, 2])?;
    /// let frames = FrameSpec::new(3, 2).windows(&view, 0)?;
    /// assert_eq!(frames.grid().counts(), [2, 2]);
    /// assert_eq!(frames.get([1, 1]).unwrap().to_vec(), [102, 103, 104]);
    /// # Ok::<(), windows_frame::FrameError>(())
    /// ```
    pub fn windows<'a, T, R: Rank>(
        &self,
        view: &StridedView<'a, T, R>,
        axis: usize,
    ) -> Result<Windows<'a, T, R>, FrameError> {
        let ndim = view.ndim();
        let len = *view.shape().get(axis).ok_or(WindowError::NoSuchAxis { axis, ndim })?;
        let grid = self.over(len)?;
        let inside = view.slice(axis, grid.skip..grid.skip + grid.axis.len())?;
        let axes: Vec<AxisSpec> = (0..ndim)
            .map(|on| if on == axis { grid.axis.spec() } else { AxisSpec::of(Extent::Each) })
            .collect();
        Ok(inside.try_windows(WindowSpec::<R>::from_axes(&axes))?)
    }

    /// The spec over this many elements.
    ///
    /// # Errors
    /// Length or hop 0; padding beside an edge other than drop and ceil; negative padding beside
    /// another edge than drop; an overflow.
    pub const fn over(&self, len: usize) -> Result<FrameGrid, FrameError> {
        if let Some(samples) = self.at_least
            && (samples == 0 || samples > self.length)
        {
            return Err(FrameError::AtLeast { samples, length: self.length });
        }
        let (before, after) = (self.before, self.after());
        if (before < 0 || after < 0) && !matches!(self.edge, Edge::Drop) {
            return Err(FrameError::NegativePadding { before, after, edge: self.edge.name() });
        }
        let (skip, cut) = (left_out(before), left_out(after));
        let spec = AxisSpec::new(self.length).step(self.hop).edge(self.edge);
        // Two magnitudes of negative `isize` fit `usize` together.
        let (len_inside, spec) = match len.checked_sub(skip + cut) {
            Some(inside) => (inside, spec.padding(added(before), added(after))),
            // More is left out than there is: no frames, but the spec is checked all the same.
            None => (0, spec),
        };
        match Axis::new(len_inside, spec) {
            Ok(axis) => Ok(FrameGrid { axis, skip: if skip > len { len } else { skip }, len }),
            Err(error) => Err(FrameError::Geometry(error)),
        }
    }

    /// How many frames this many elements have.
    ///
    /// # Panics
    /// Where [`FrameSpec::over`] is an error.
    #[must_use]
    #[track_caller]
    pub const fn count(&self, len: usize) -> usize {
        match self.over(len) {
            Ok(grid) => grid.count(),
            Err(_) => panic!("impossible frames: `over` names the reason"),
        }
    }
}

/// The elements that negative padding leaves out.
pub(crate) const fn left_out(padding: isize) -> usize {
    if padding < 0 { padding.unsigned_abs() } else { 0 }
}

/// The elements that positive padding adds.
const fn added(padding: isize) -> usize {
    if padding < 0 { 0 } else { padding as usize }
}

/// A [`FrameSpec`] over a number of elements: counts, starts, ranges and times, without data.
///
/// Everything is `O(1)`, `const`, and was checked when the grid was made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct FrameGrid {
    /// Over the elements that are not left out.
    axis: Axis,
    skip: usize,
    len: usize,
}

impl FrameGrid {
    /// How many frames.
    #[must_use]
    #[inline]
    pub const fn count(&self) -> usize {
        self.axis.count()
    }

    /// How many elements they lie over.
    #[must_use]
    #[inline]
    #[allow(clippy::len_without_is_empty, reason = "the length of the data, not of a collection")]
    pub const fn len(&self) -> usize {
        self.len
    }

    /// Elements of a frame.
    #[must_use]
    #[inline]
    pub const fn length(&self) -> usize {
        self.axis.size()
    }

    /// Where frame `k` starts: negative in the padding.
    ///
    /// # Panics
    /// If there is no such frame.
    #[must_use]
    #[inline]
    #[track_caller]
    pub const fn start(&self, k: usize) -> isize {
        // An element of the data at most `len` behind a start of the shorter axis.
        self.axis.start(k) + self.skip as isize
    }

    /// The elements of frame `k`, clipped to the data.
    ///
    /// # Panics
    /// If there is no such frame.
    #[must_use]
    #[track_caller]
    pub const fn range(&self, k: usize) -> Range<usize> {
        let region = self.axis.region(k);
        region.start + self.skip..region.end + self.skip
    }

    /// The positions inside frame `k` that are elements of the data.
    ///
    /// # Panics
    /// If there is no such frame.
    #[must_use]
    #[track_caller]
    pub const fn taps(&self, k: usize) -> Range<usize> {
        self.axis.taps(k)
    }

    /// The frames that lie wholly inside the data.
    #[must_use]
    #[inline]
    pub const fn interior(&self) -> Range<usize> {
        self.axis.interior()
    }

    /// Where frame `k` starts if it lies wholly inside the data, `None` if it does not or if there is no
    /// such frame.
    #[must_use]
    #[inline]
    pub const fn interior_start(&self, k: usize) -> Option<usize> {
        match self.axis.interior_start(k) {
            Some(start) => Some(start + self.skip),
            None => None,
        }
    }

    /// The frames that contain an element, ascending.
    #[must_use]
    pub const fn frames_of(&self, element: usize) -> Covering {
        match element.checked_sub(self.skip) {
            Some(inside) => self.axis.covering(inside),
            None => self.axis.covering(usize::MAX),
        }
    }

    /// When frame `k` starts, in seconds, at this many elements a second.
    ///
    /// # Panics
    /// If there is no such frame.
    #[must_use]
    #[track_caller]
    pub const fn seconds(&self, k: usize, rate: f64) -> f64 {
        self.start(k) as f64 / rate
    }

    /// The moment in the middle of frame `k`, in seconds: its start plus half its length.
    ///
    /// # Panics
    /// If there is no such frame.
    #[must_use]
    #[track_caller]
    pub const fn center_seconds(&self, k: usize, rate: f64) -> f64 {
        (self.start(k) as f64 + self.length() as f64 / 2.0) / rate
    }

    /// The 1-D arithmetic, over the elements that are not left out.
    #[must_use]
    #[inline]
    pub const fn axis(&self) -> Axis {
        self.axis
    }

    /// Elements left out before the first that [`FrameGrid::axis`] counts.
    #[must_use]
    #[inline]
    pub const fn skipped(&self) -> usize {
        self.skip
    }
}
