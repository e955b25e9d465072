//! Frames of data: slices where a frame lies inside, written into scratch where it reaches over an edge.

use core::fmt;
use core::iter::FusedIterator;
use core::ops::Range;

use windows_core::{Border, View};

use crate::{FrameError, FrameGrid, FrameSpec};

/// All frames of a slice or of a strided 1-D view. Made by [`FrameSpec::frames`]; `O(1)`, no copy.
///
/// # Example
/// ```
/// use windows_core::Border;
/// use windows_frame::FrameSpec;
///
/// let sound = [1, 2, 3, 4, 5];
/// let frames = FrameSpec::new(4, 2).centered().border(Border::Reflect).frames(&sound)?;
///
/// // Frame 1 lies inside: a slice of the sound.
/// assert_eq!(frames.get(1).unwrap().as_slice(), Some(&[1, 2, 3, 4][..]));
///
/// // Frame 0 reaches over the start: its real samples, and all of them with the border.
/// let first = frames.get(0).unwrap();
/// assert_eq!((first.as_slice(), first.range(), first.taps()), (None, 0..2, 2..4));
/// let mut scratch = [0; 4];
/// first.write_into(&mut scratch)?;
/// assert_eq!(scratch, [3, 2, 1, 2]);
/// # Ok::<(), windows_frame::FrameError>(())
/// ```
pub struct Frames<'a, T> {
    view: View<'a, T, 1>,
    /// The view as a slice, if it is one.
    slice: Option<&'a [T]>,
    grid: FrameGrid,
    border: Border<()>,
}

impl FrameSpec {
    /// The frames of a slice.
    ///
    /// # Errors
    /// As [`FrameSpec::over`]; [`FrameError::NoSamples`] if frames over nothing would have to be read
    /// from a border that is not a constant.
    #[inline]
    pub fn frames<'a, T>(&self, data: &'a [T]) -> Result<Frames<'a, T>, FrameError> {
        self.frames_of(View::from_slice(data))
    }

    /// The frames of a strided view: a channel of interleaved sound.
    ///
    /// # Errors
    /// As [`FrameSpec::frames`].
    ///
    /// # Example
    /// ```
    /// use windows_core::View;
    /// use windows_frame::FrameSpec;
    ///
    /// let stereo = [0, 100, 1, 101, 2, 102];
    /// let right = View::strided(&stereo, 1, [3], [2])?;
    /// let frames = FrameSpec::new(2, 1).frames_of(right)?;
    /// assert_eq!(frames.get(1).unwrap().view().to_vec(), [101, 102]);
    /// # Ok::<(), windows_frame::FrameError>(())
    /// ```
    #[inline]
    pub fn frames_of<'a, T>(&self, view: View<'a, T, 1>) -> Result<Frames<'a, T>, FrameError> {
        let grid = self.over(view.len())?;
        let border = self.outside();
        if view.is_empty() && grid.count() > 0 && border.constant().is_none() {
            return Err(FrameError::NoSamples { frames: grid.count() });
        }
        Ok(Frames { view, slice: view.as_slice(), grid, border })
    }
}

impl<T> Clone for Frames<'_, T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for Frames<'_, T> {}

impl<T> fmt::Debug for Frames<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Frames")
            .field("grid", &self.grid)
            .field("border", &self.border)
            .finish_non_exhaustive()
    }
}

impl<'a, T> Frames<'a, T> {
    /// Where the frames lie.
    #[must_use]
    #[inline]
    pub fn grid(&self) -> &FrameGrid {
        &self.grid
    }

    /// How many frames.
    #[must_use]
    #[inline]
    pub fn len(&self) -> usize {
        self.grid.count()
    }

    /// Whether there are none.
    #[must_use]
    #[inline]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Frame `k`.
    #[must_use]
    #[inline]
    pub fn get(&self, k: usize) -> Option<Frame<'_, 'a, T>> {
        (k < self.len()).then_some(Frame { frames: self, k })
    }

    /// Every frame: exact size, from both ends, `O(1)` `nth`.
    #[must_use]
    #[inline]
    pub fn iter(&self) -> FramesIter<'_, 'a, T> {
        FramesIter { frames: self, range: 0..self.len() }
    }
}

impl<'f, 'a, T> IntoIterator for &'f Frames<'a, T> {
    type Item = Frame<'f, 'a, T>;
    type IntoIter = FramesIter<'f, 'a, T>;

    fn into_iter(self) -> FramesIter<'f, 'a, T> {
        self.iter()
    }
}

/// One frame: a place in the grid, and the samples there.
pub struct Frame<'f, 'a, T> {
    frames: &'f Frames<'a, T>,
    k: usize,
}

impl<T> Clone for Frame<'_, '_, T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for Frame<'_, '_, T> {}

impl<T: fmt::Debug> fmt::Debug for Frame<'_, '_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Frame")
            .field("index", &self.k)
            .field("start", &self.start())
            .field("view", &self.view())
            .finish()
    }
}

impl<'a, T> Frame<'_, 'a, T> {
    /// Which frame this is.
    #[must_use]
    #[inline]
    pub fn index(&self) -> usize {
        self.k
    }

    /// Where it starts: negative in the padding.
    #[must_use]
    #[inline]
    pub fn start(&self) -> isize {
        self.frames.grid.start(self.k)
    }

    /// When it starts, in seconds, at this many samples a second.
    #[must_use]
    pub fn seconds(&self, rate: f64) -> f64 {
        self.frames.grid.seconds(self.k, rate)
    }

    /// Its samples, clipped to the data.
    #[must_use]
    #[inline]
    pub fn range(&self) -> Range<usize> {
        self.frames.grid.range(self.k)
    }

    /// The positions in it that are samples of the data.
    #[must_use]
    #[inline]
    pub fn taps(&self) -> Range<usize> {
        self.frames.grid.taps(self.k)
    }

    /// Whether it lies wholly inside the data.
    #[must_use]
    #[inline]
    pub fn is_whole(&self) -> bool {
        self.frames.grid.interior_start(self.k).is_some()
    }

    /// The frame as a slice of the data: `None` if it reaches over an edge, or if the data is strided.
    #[must_use]
    #[inline]
    pub fn as_slice(&self) -> Option<&'a [T]> {
        let start = self.frames.grid.interior_start(self.k)?;
        self.frames.slice?.get(start..)?.get(..self.frames.grid.length())
    }

    /// The real samples as a view.
    #[must_use]
    #[inline]
    pub fn view(&self) -> View<'a, T, 1> {
        self.frames.view.slice(0, self.range()).expect("the range of a frame lies in the data")
    }

    /// Writes the whole frame, missing samples as the border says, a constant as the default of `T`.
    ///
    /// # Errors
    /// `out` is not as long as a frame.
    #[inline]
    pub fn write_into(&self, out: &mut [T]) -> Result<(), FrameError>
    where
        T: Copy + Default,
    {
        self.write_with(T::default(), |_, sample| sample, out)
    }

    /// Writes `map(tap, sample)` of every tap, where taps that read the constant border give `outside`.
    ///
    /// # Errors
    /// `out` is not as long as a frame.
    #[inline]
    pub fn write_with<U: Copy>(
        &self,
        outside: U,
        map: impl Fn(usize, T) -> U,
        out: &mut [U],
    ) -> Result<(), FrameError>
    where
        T: Copy,
    {
        let expected = self.frames.grid.length();
        if out.len() != expected {
            return Err(FrameError::Length { what: "frame", expected, got: out.len() });
        }
        if let Some(slice) = self.as_slice() {
            for (tap, (out, &sample)) in out.iter_mut().zip(slice).enumerate() {
                *out = map(tap, sample);
            }
            return Ok(());
        }
        let (view, start, taps) = (&self.frames.view, self.start(), self.taps());
        for (out, (tap, &sample)) in
            out[taps.clone()].iter_mut().zip(taps.clone().zip(self.view().iter()))
        {
            *out = map(tap, sample);
        }
        for tap in (0..taps.start).chain(taps.end..expected) {
            let element = start.saturating_add(tap as isize);
            out[tap] = match self.frames.border.index(element, view.len()) {
                Some(element) => map(tap, view[element]),
                None => outside,
            };
        }
        Ok(())
    }
}

/// Every frame. Made by [`Frames::iter`].
#[derive(Debug)]
pub struct FramesIter<'f, 'a, T> {
    frames: &'f Frames<'a, T>,
    range: Range<usize>,
}

impl<T> Clone for FramesIter<'_, '_, T> {
    fn clone(&self) -> Self {
        Self { frames: self.frames, range: self.range.clone() }
    }
}

impl<'f, 'a, T> Iterator for FramesIter<'f, 'a, T> {
    type Item = Frame<'f, 'a, T>;

    #[inline]
    fn next(&mut self) -> Option<Self::Item> {
        let frames = self.frames;
        self.range.next().map(|k| Frame { frames, k })
    }

    #[inline]
    fn size_hint(&self) -> (usize, Option<usize>) {
        self.range.size_hint()
    }

    #[inline]
    fn nth(&mut self, n: usize) -> Option<Self::Item> {
        let frames = self.frames;
        self.range.nth(n).map(|k| Frame { frames, k })
    }

    #[inline]
    fn count(self) -> usize {
        self.range.len()
    }

    #[inline]
    fn last(mut self) -> Option<Self::Item> {
        self.next_back()
    }
}

impl<T> DoubleEndedIterator for FramesIter<'_, '_, T> {
    #[inline]
    fn next_back(&mut self) -> Option<Self::Item> {
        let frames = self.frames;
        self.range.next_back().map(|k| Frame { frames, k })
    }

    #[inline]
    fn nth_back(&mut self, n: usize) -> Option<Self::Item> {
        let frames = self.frames;
        self.range.nth_back(n).map(|k| Frame { frames, k })
    }
}

impl<T> ExactSizeIterator for FramesIter<'_, '_, T> {}

impl<T> FusedIterator for FramesIter<'_, '_, T> {}
