//! Signals from their frames: overlap-add, divided by the weight that the actual frames carry.
//!
//! ```text
//! x[i] = sum over frames k of  s[i - start(k)] * frame_k[i - start(k)]
//!        -------------------------------------------------------------
//!        sum over frames k of  e[i - start(k)]
//! ```
//!
//! With the analysis window `w`, synthesis weights `s = w` and envelope `e = w^2`, this is the inverse
//! of least squares (Griffin and Lim, 1984); with `s = e = w` it blends overlapping predictions. The
//! envelope is that of the frames that exist, at the edges too, so nothing fades; where it vanishes a
//! sample is lost, and these samples are known before any frame is.

use alloc::vec::Vec;
use core::fmt;
use core::ops::Range;

use windows_core::Edge;

use crate::{FrameError, FrameGrid, FrameSpec};

/// What can be weighted and summed: samples, scores, arrays of them.
pub trait Blend: Copy {
    /// The sum of nothing.
    const NOTHING: Self;

    /// Adds a value times a weight.
    fn add(&mut self, value: Self, weight: f64);

    /// The sum divided by the sum of its weights.
    #[must_use]
    fn over(self, weight: f64) -> Self;
}

impl Blend for f64 {
    const NOTHING: Self = 0.0;

    #[inline]
    fn add(&mut self, value: Self, weight: f64) {
        *self += value * weight;
    }

    #[inline]
    fn over(self, weight: f64) -> Self {
        self / weight
    }
}

impl Blend for f32 {
    const NOTHING: Self = 0.0;

    #[inline]
    fn add(&mut self, value: Self, weight: f64) {
        *self += value * weight as Self;
    }

    #[inline]
    fn over(self, weight: f64) -> Self {
        self / weight as Self
    }
}

/// Several values per sample: the scores of classes.
impl<B: Blend, const N: usize> Blend for [B; N] {
    const NOTHING: Self = [B::NOTHING; N];

    #[inline]
    fn add(&mut self, value: Self, weight: f64) {
        for (sum, value) in self.iter_mut().zip(value) {
            sum.add(value, weight);
        }
    }

    #[inline]
    fn over(self, weight: f64) -> Self {
        self.map(|sum| sum.over(weight))
    }
}

/// Samples of a signal that no frame gives back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lost {
    /// All of them, ascending and disjoint.
    pub ranges: Vec<Range<usize>>,
    /// Samples of the signal.
    pub len: usize,
}

/// Why a signal cannot be rebuilt.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum InverseError {
    /// The frames or the weights are impossible.
    Frame(FrameError),
    /// Some samples lie under no weight.
    Lost(Lost),
}

impl fmt::Display for InverseError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Frame(error) => error.fmt(f),
            Self::Lost(Lost { ranges, len }) => {
                let samples: usize = ranges.iter().map(Range::len).sum();
                write!(f, "{samples} of {len} samples cannot be rebuilt")?;
                match ranges.first() {
                    Some(first) => write!(f, ", the first are {}..{}", first.start, first.end),
                    None => Ok(()),
                }
            }
        }
    }
}

impl core::error::Error for InverseError {
    fn source(&self) -> Option<&(dyn core::error::Error + 'static)> {
        match self {
            Self::Frame(error) => Some(error),
            Self::Lost(_) => None,
        }
    }
}

impl From<FrameError> for InverseError {
    fn from(error: FrameError) -> Self {
        Self::Frame(error)
    }
}

/// Rebuilds a signal of known length from all of its frames.
///
/// # Example
/// ```
/// use windows_frame::{FrameSpec, Inverse, InverseError};
///
/// // Frames of 4 every 2 of 8 samples, under a window that starts with a zero
/// let window = [0.0, 0.5, 1.0, 0.5];
/// let Err(InverseError::Lost(lost)) = Inverse::new(FrameSpec::new(4, 2), &window, 8) else { panic!() };
/// assert_eq!(lost.ranges, [0..1]); // no other frame covers sample 0
///
/// // Centred frames cover it.
/// let spec = FrameSpec::new(4, 2).centered();
/// let inverse = Inverse::new(spec, &window, 8)?;
/// let sound = [1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0];
/// let frames = spec.frames(&sound)?;
/// let rebuilt = inverse.rebuild(|k, frame| {
///     let _ = frames.get(k).unwrap().write_with(0.0, |tap, x| x * window[tap], frame);
/// });
/// assert_eq!(rebuilt, sound);
/// # Ok::<(), InverseError>(())
/// ```
#[derive(Clone, Debug)]
pub struct Inverse {
    spec: FrameSpec,
    grid: FrameGrid,
    synthesis: Vec<f64>,
    envelope: Vec<f64>,
}

impl Inverse {
    /// The inverse of frames multiplied by `window`.
    ///
    /// # Errors
    /// [`InverseError::Lost`] lists the samples that the frames do not give back; as
    /// [`FrameSpec::over`]; a window of another length than a frame.
    pub fn new(spec: FrameSpec, window: &[f64], len: usize) -> Result<Self, InverseError> {
        Self::weighted(spec, window, squared(window), len).and_then(strict)
    }

    /// The weighted mean of overlapping frames.
    ///
    /// # Errors
    /// As [`Inverse::new`].
    ///
    /// # Example
    /// ```
    /// use windows_core::Edge;
    /// use windows_frame::{FrameSpec, Inverse};
    ///
    /// // Two classes scored in windows of 3 every 2, the last one moved back, over 4 samples
    /// let inverse = Inverse::blend(FrameSpec::new(3, 2).edge(Edge::Snap), &[1.0; 3], 4)?;
    /// let scores = [[[0.0, 1.0]; 3], [[1.0, 0.0]; 3]];
    /// let mean = inverse.rebuild(|k, frame| frame.copy_from_slice(&scores[k]));
    /// assert_eq!(mean, [[0.0, 1.0], [0.5, 0.5], [0.5, 0.5], [1.0, 0.0]]);
    /// # Ok::<(), windows_frame::InverseError>(())
    /// ```
    pub fn blend(spec: FrameSpec, weights: &[f64], len: usize) -> Result<Self, InverseError> {
        Self::weighted(spec, weights, weights.to_vec(), len).and_then(strict)
    }

    /// The inverse where samples may be lost, and those samples: they are rebuilt as nothing.
    ///
    /// # Errors
    /// As [`FrameSpec::over`]; a window of another length than a frame.
    pub fn lossy(
        spec: FrameSpec,
        window: &[f64],
        len: usize,
    ) -> Result<(Self, Lost), InverseError> {
        Self::weighted(spec, window, squared(window), len)
    }

    fn weighted(
        spec: FrameSpec,
        synthesis: &[f64],
        envelope: Vec<f64>,
        len: usize,
    ) -> Result<(Self, Lost), InverseError> {
        check_weights(&spec, synthesis)?;
        let grid = spec.over(len)?;
        let inverse = Self { spec, grid, synthesis: synthesis.to_vec(), envelope };
        let lost = inverse.lost()?;
        Ok((inverse, lost))
    }

    /// The frames.
    #[must_use]
    pub fn grid(&self) -> &FrameGrid {
        &self.grid
    }

    /// Samples under no weight: a dry run of the envelope.
    fn lost(&self) -> Result<Lost, FrameError> {
        let (len, floor) = (self.grid.len(), floor(&self.envelope));
        let mut ranges: Vec<Range<usize>> = Vec::new();
        let mut at = 0;
        let mut each = |_: &mut [f64], weights: &[f64]| {
            for &weight in weights {
                if is_lost(weight, floor) {
                    match ranges.last_mut() {
                        Some(last) if last.end == at => last.end += 1,
                        _ => ranges.push(at..at + 1),
                    }
                }
                at += 1;
            }
        };
        let mut sums = Accumulator::new(&self.spec)?;
        for k in 0..self.grid.count() {
            let start = self.grid.start(k);
            sums.emit_to(start.min(len as isize), &mut each);
            sums.add(start, &self.envelope, &self.envelope, &self.envelope);
        }
        sums.emit_to(len as isize, &mut each);
        Ok(Lost { ranges, len })
    }

    /// The signal. `frame(k, out)` writes frame `k` as it was after the analysis window.
    #[must_use]
    pub fn rebuild<T: Blend>(&self, frame: impl FnMut(usize, &mut [T])) -> Vec<T> {
        let mut out = Vec::with_capacity(self.grid.len());
        self.run(frame, |piece| out.extend_from_slice(piece));
        out
    }

    /// The signal, into the caller's buffer. Memory of a few frames is allocated.
    ///
    /// # Errors
    /// `out` is not as long as the signal.
    pub fn rebuild_into<T: Blend>(
        &self,
        frame: impl FnMut(usize, &mut [T]),
        out: &mut [T],
    ) -> Result<(), FrameError> {
        let expected = self.grid.len();
        if out.len() != expected {
            return Err(FrameError::Length { what: "signal", expected, got: out.len() });
        }
        let mut rest = out;
        self.run(frame, |piece| {
            let (out, behind) = core::mem::take(&mut rest).split_at_mut(piece.len());
            out.copy_from_slice(piece);
            rest = behind;
        });
        Ok(())
    }

    fn run<T: Blend>(&self, mut frame: impl FnMut(usize, &mut [T]), mut each: impl FnMut(&[T])) {
        let (len, floor) = (self.grid.len() as isize, floor(&self.envelope));
        let mut sums = Accumulator::new(&self.spec).expect("the dry run had the memory");
        let mut scratch = alloc::vec![T::NOTHING; self.spec.length()];
        let mut normalised = |sums: &mut [T], weights: &[f64]| {
            normalise(sums, weights, floor);
            each(sums);
        };
        for k in 0..self.grid.count() {
            let start = self.grid.start(k);
            sums.emit_to(start.min(len), &mut normalised);
            frame(k, &mut scratch);
            sums.add(start, &scratch, &self.synthesis, &self.envelope);
        }
        sums.emit_to(len, &mut normalised);
    }
}

/// Rebuilds a signal while its frames arrive, with the same bits as [`Inverse`].
///
/// All memory is taken at construction. Samples under no weight come as nothing; whether there are any
/// is a question to [`Inverse::new`].
///
/// # Example
/// ```
/// use windows_frame::{FrameSpec, OverlapAdd};
///
/// let mut sound = OverlapAdd::new(FrameSpec::new(4, 2), &[1.0, 1.0, 1.0, 1.0])?;
/// let mut rebuilt = Vec::new();
/// sound.push(&[1.0, 2.0, 3.0, 4.0], |piece| rebuilt.extend_from_slice(piece))?;
/// sound.push(&[3.0, 4.0, 5.0, 6.0], |piece| rebuilt.extend_from_slice(piece))?;
/// assert_eq!(rebuilt, [1.0, 2.0, 3.0, 4.0]); // what no later frame can change
/// sound.finish(6, |piece| rebuilt.extend_from_slice(piece))?;
/// assert_eq!(rebuilt, [1.0, 2.0, 3.0, 4.0, 5.0, 6.0]);
/// # Ok::<(), windows_frame::FrameError>(())
/// ```
#[derive(Clone, Debug)]
pub struct OverlapAdd<T> {
    spec: FrameSpec,
    /// The spec over more samples than there will be: where a frame starts.
    endless: FrameGrid,
    synthesis: Vec<f64>,
    envelope: Vec<f64>,
    sums: Accumulator<T>,
    next: usize,
}

impl<T: Blend> OverlapAdd<T> {
    /// The inverse of frames multiplied by `window`.
    ///
    /// # Errors
    /// As [`FrameSpec::over`]; a window of another length than a frame; frames whose starts depend on
    /// the length of the signal: under [`Edge::Snap`] and [`Edge::Balance`].
    pub fn new(spec: FrameSpec, window: &[f64]) -> Result<Self, FrameError> {
        Self::weighted(spec, window, squared(window))
    }

    /// The weighted mean of overlapping frames.
    ///
    /// # Errors
    /// As [`OverlapAdd::new`].
    pub fn blend(spec: FrameSpec, weights: &[f64]) -> Result<Self, FrameError> {
        Self::weighted(spec, weights, weights.to_vec())
    }

    fn weighted(
        spec: FrameSpec,
        synthesis: &[f64],
        envelope: Vec<f64>,
    ) -> Result<Self, FrameError> {
        if matches!(spec.rule(), Edge::Snap | Edge::Balance) {
            return Err(FrameError::NotStreamable { rule: spec.rule().name() });
        }
        check_weights(&spec, synthesis)?;
        let endless = spec.over(usize::MAX >> 3)?;
        let sums = Accumulator::new(&spec)?;
        Ok(Self { spec, endless, synthesis: synthesis.to_vec(), envelope, sums, next: 0 })
    }

    /// Samples between the newest sample of a frame and the newest that is given out, at most.
    #[must_use]
    pub fn latency(&self) -> usize {
        self.spec.length().saturating_sub(self.spec.hop()).max(self.padding().unsigned_abs())
    }

    /// Adds the next frame, as it was after the analysis window, and gives the samples that no later
    /// frame changes. Allocates nothing.
    ///
    /// # Errors
    /// A frame of another length; nothing is taken then.
    pub fn push(&mut self, frame: &[T], mut each: impl FnMut(&[T])) -> Result<(), FrameError> {
        let expected = self.spec.length();
        if frame.len() != expected {
            return Err(FrameError::Length { what: "frame", expected, got: frame.len() });
        }
        let floor = floor(&self.envelope);
        let start = self.endless.start(self.next);
        // That there is a frame says how long the signal is at least: what lies before the frame's end
        // less the padding is signal. Of that, what lies before the next start is finished.
        let certain = start + expected as isize - self.padding();
        let mut each = |sums: &mut [T], weights: &[f64]| {
            normalise(sums, weights, floor);
            each(sums);
        };
        self.sums.emit_to(certain.min(start), &mut each);
        self.sums.add(start, frame, &self.synthesis, &self.envelope);
        self.next += 1;
        self.sums.emit_to(certain.min(self.endless.start(self.next)), &mut each);
        Ok(())
    }

    /// How far a frame may reach beyond the signal.
    fn padding(&self) -> isize {
        match self.spec.rule() {
            Edge::Drop => self.spec.after().max(0),
            // With a hop beyond the length, the last frame may lie behind the signal.
            Edge::Keep | Edge::Ceil | Edge::Covered | Edge::Snap | Edge::Balance => {
                self.spec.length().max(self.spec.hop()) as isize - 1
            }
        }
    }

    /// Gives the rest of a signal of `len` samples, and is ready for another. Allocates nothing.
    ///
    /// # Errors
    /// A signal of that length has another number of frames; more can be pushed then.
    pub fn finish(&mut self, len: usize, mut each: impl FnMut(&[T])) -> Result<(), FrameError> {
        let expected = self.spec.over(len)?.count();
        if self.next != expected {
            return Err(FrameError::Length {
                what: "the list of frames",
                expected,
                got: self.next,
            });
        }
        let floor = floor(&self.envelope);
        self.sums.emit_to(len as isize, &mut |sums: &mut [T], weights: &[f64]| {
            normalise(sums, weights, floor);
            each(sums);
        });
        self.sums.reset();
        self.next = 0;
        Ok(())
    }
}

/// Whether the shifted windows add up to a constant, within `tolerance` of their median: constant
/// overlap-add, `scipy.signal.check_COLA`. What [`Inverse`] does needs only [`nola`].
///
/// # Example
/// ```
/// use windows_frame::{cola, nola};
///
/// let hann: Vec<f64> = (0..400).map(|i| 0.5 - 0.5 * (i as f64 * std::f64::consts::TAU / 400.0).cos()).collect();
/// assert!(cola(&hann, 200, 1e-10) && !cola(&hann, 160, 1e-10));
/// assert!(nola(&hann, 160, 1e-10) && !nola(&hann, 400, 1e-10));
/// ```
#[must_use]
pub fn cola(window: &[f64], hop: usize, tolerance: f64) -> bool {
    if window.is_empty() || hop == 0 || hop > window.len() {
        return false;
    }
    let mut sums = folded(window, hop, |weight| weight);
    sums.sort_by(f64::total_cmp);
    let middle = sums.len() / 2;
    let median =
        if hop.is_multiple_of(2) { (sums[middle - 1] + sums[middle]) / 2.0 } else { sums[middle] };
    sums.iter().all(|sum| (sum - median).abs() < tolerance)
}

/// Whether the shifted squared windows add up to more than `tolerance` everywhere: non-zero
/// overlap-add, `scipy.signal.check_NOLA`. It speaks of the middle of a signal; [`Inverse::new`]
/// knows of the edges too.
#[must_use]
pub fn nola(window: &[f64], hop: usize, tolerance: f64) -> bool {
    !window.is_empty()
        && hop > 0
        && hop <= window.len()
        && folded(window, hop, |weight| weight * weight).iter().all(|&sum| sum > tolerance)
}

/// The sum of all shifts of a window by multiples of the hop, over one hop.
fn folded(window: &[f64], hop: usize, of: impl Fn(f64) -> f64) -> Vec<f64> {
    let mut sums = alloc::vec![0.0; hop];
    for shift in window.chunks(hop) {
        for (sum, &weight) in sums.iter_mut().zip(shift) {
            *sum += of(weight);
        }
    }
    sums
}

fn strict((inverse, lost): (Inverse, Lost)) -> Result<Inverse, InverseError> {
    if lost.ranges.is_empty() { Ok(inverse) } else { Err(InverseError::Lost(lost)) }
}

fn squared(window: &[f64]) -> Vec<f64> {
    window.iter().map(|weight| weight * weight).collect()
}

fn check_weights(spec: &FrameSpec, weights: &[f64]) -> Result<(), FrameError> {
    let expected = spec.length();
    if weights.len() != expected {
        return Err(FrameError::Length { what: "window", expected, got: weights.len() });
    }
    match weights.iter().find(|weight| !weight.is_finite()) {
        Some(&value) => {
            Err(FrameError::Parameter { what: "window weight", value, expected: "finite" })
        }
        None => Ok(()),
    }
}

/// The weight that counts as none: what rounding leaves of the largest.
fn floor(envelope: &[f64]) -> f64 {
    envelope.iter().fold(0.0, |most: f64, weight| most.max(weight.abs())) * f64::EPSILON
}

#[inline]
fn is_lost(weight: f64, floor: f64) -> bool {
    weight.abs() <= floor
}

fn normalise<T: Blend>(sums: &mut [T], weights: &[f64], floor: f64) {
    for (sum, &weight) in sums.iter_mut().zip(weights) {
        *sum = if is_lost(weight, floor) { T::NOTHING } else { sum.over(weight) };
    }
}

/// The sums under way, of values and of weights.
#[derive(Clone, Debug)]
struct Accumulator<T> {
    sums: Vec<T>,
    weights: Vec<f64>,
    /// Of the first place, in the signal. `None` before the first frame.
    base: Option<isize>,
    /// Places that were emitted; they and those beyond the last frame hold nothing.
    head: usize,
}

impl<T: Blend> Accumulator<T> {
    fn new(spec: &FrameSpec) -> Result<Self, FrameError> {
        // Between the last sample emitted and the end of the newest frame: the frame and the padding.
        let reach = spec.length().max(spec.hop());
        let live = reach.saturating_add(spec.after().max(0).unsigned_abs());
        let elements = live.saturating_mul(4).saturating_add(1024);
        let (mut sums, mut weights) = (Vec::new(), Vec::new());
        if sums.try_reserve_exact(elements).is_err() || weights.try_reserve_exact(elements).is_err()
        {
            return Err(FrameError::Memory { elements });
        }
        sums.resize(elements, T::NOTHING);
        weights.resize(elements, 0.0);
        Ok(Self { sums, weights, base: None, head: 0 })
    }

    fn reset(&mut self) {
        self.sums.fill(T::NOTHING);
        self.weights.fill(0.0);
        (self.base, self.head) = (None, 0);
    }

    /// Gives what lies before `limit` and was not given. What lies before the signal is dropped.
    fn emit_to(&mut self, limit: isize, each: &mut impl FnMut(&mut [T], &[f64])) {
        let base = *self.base.get_or_insert(limit.min(0));
        let mut base = base;
        loop {
            let at = base + self.head as isize;
            if at >= limit {
                break;
            }
            if self.head == self.sums.len() {
                base = at;
                self.head = 0;
                continue;
            }
            let places = limit.abs_diff(at).min(self.sums.len() - self.head);
            let end = self.head + places;
            let real = (self.head + at.min(0).unsigned_abs()).min(end);
            if real < end {
                each(&mut self.sums[real..end], &self.weights[real..end]);
            }
            self.sums[self.head..end].fill(T::NOTHING);
            self.weights[self.head..end].fill(0.0);
            self.head = end;
        }
        self.base = Some(base);
    }

    /// Adds a frame that starts at or after what was emitted, and at or after earlier frames.
    fn add(&mut self, start: isize, frame: &[T], synthesis: &[f64], envelope: &[f64]) {
        let base = *self.base.get_or_insert(start.min(0));
        let mut place = start.abs_diff(base);
        if place + frame.len() > self.sums.len() {
            // What is under way moves to the front.
            let live = self.head..self.sums.len();
            let kept = live.len();
            self.sums.copy_within(live.clone(), 0);
            self.weights.copy_within(live, 0);
            self.sums[kept..].fill(T::NOTHING);
            self.weights[kept..].fill(0.0);
            self.base = Some(base + self.head as isize);
            place -= self.head;
            self.head = 0;
        }
        let sums = &mut self.sums[place..place + frame.len()];
        for ((sum, &value), &weight) in sums.iter_mut().zip(frame).zip(synthesis) {
            sum.add(value, weight);
        }
        let weights = &mut self.weights[place..place + frame.len()];
        for (sum, &weight) in weights.iter_mut().zip(envelope) {
            *sum += weight;
        }
    }
}
