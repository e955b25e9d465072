//! All 1-D arithmetic of windows. Everything N-dimensional is a product of these axes.
//!
//! ```text
//! length 5, size 3, step 2, padding 1:1
//!
//!   • 0 1 2 3 4 •        positions   start   taps that are real
//!   ^ ^ ^                0           -1      1..3
//!       ^ ^ ^            1            1      0..3   interior
//!           ^ ^ ^        2            3      0..2
//! ```
//!
//! The formulas are in [`Axis`]; the fields of [`AxisSpec`] say what they mean. Each was checked by
//! brute force over all small cases, and the tests repeat that against an oracle that shares no code.

use core::ops::Range;

use crate::WindowError;
use crate::covering::Covering;

/// The largest length, offset or count: what an `isize` can address.
const LIMIT: usize = isize::MAX as usize;

/// How much of an axis a window takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "lowercase"))]
pub enum Extent {
    /// This many taps. The axis is *windowed*.
    Size(usize),
    /// The whole axis, once: channels that stay with their pixel.
    Whole,
    /// One element at a time, every one: a batch.
    Each,
}

impl From<usize> for Extent {
    fn from(size: usize) -> Self {
        Self::Size(size)
    }
}

/// What happens to the windows at the end of an axis.
///
/// Drawn for length 10, size 4, step 3; `|` is the end of the data:
///
/// ```text
/// drop      0123 3456 6789|               windows that do not fit are left out
/// keep      0123 3456 6789 9|...          a window at every step, the last ones partial
/// covered   0123 3456 6789|               like keep, but stops once everything was seen
/// ceil      0123 3456 6789 9|...          one more than drop if elements are left over
/// snap      0123 3456 6789|               the last window moves back to end with the data
/// balance   0123 3456 6789|               the starts are spread evenly from first to last
/// ```
///
/// and for length 9:
///
/// ```text
/// drop      0123 3456|        covered   0123 3456 678|.      snap      0123 3456 5678|
/// keep      0123 3456 678|.   ceil      0123 3456 678|.      balance   0123 3456 5678|
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "lowercase"))]
pub enum Edge {
    /// Only windows that fit into the padded axis: `floor((L + b + a - F) / S) + 1`.
    #[default]
    Drop,
    /// A window at every step while it starts in the data: `ceil(L / S)`. Takes no padding.
    Keep,
    /// Windows until the data is covered: `max(1, ceil((L - F) / S) + 1)`. Takes no padding.
    Covered,
    /// `ceil((L + b + a - F) / S) + 1`, but a window may not start in the padding after the data.
    Ceil,
    /// Windows until the data is covered, the last one moved back so that it ends with the data.
    /// Takes no padding.
    Snap,
    /// As many windows as snap, their starts spread evenly, rounded half up. Takes no padding.
    Balance,
}

crate::names!(Edge:
    Drop = "drop", Keep = "keep", Ceil = "ceil", Covered = "covered", Snap = "snap", Balance = "balance",
);

/// Padding that gives `ceil(L / S)` windows, and where its odd element goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "lowercase"))]
pub enum Same {
    /// The odd element comes after the data: TensorFlow's `SAME`, ONNX's `SAME_UPPER`.
    Upper,
    /// The odd element comes before the data: ONNX's and JAX's `SAME_LOWER`.
    Lower,
}

crate::names!(Same: Upper = "upper", Lower = "lower");

/// The geometry asked for on one axis, before a length is known.
///
/// Step, dilation, padding and edge concern windowed axes; on [`Extent::Whole`] and [`Extent::Each`]
/// they are not looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct AxisSpec {
    /// Taps of a window.
    pub extent: Extent,
    /// Distance between the starts of neighbouring windows.
    pub step: usize,
    /// Distance between neighbouring taps of one window.
    pub dilation: usize,
    /// Virtual elements before the data.
    pub before: usize,
    /// Virtual elements after the data.
    pub after: usize,
    /// Padding computed from the length instead.
    pub same: Option<Same>,
    /// What happens at the end.
    pub edge: Edge,
}

impl AxisSpec {
    /// Windows of `size` taps at step 1, without dilation or padding, dropping what does not fit.
    #[must_use]
    pub const fn new(size: usize) -> Self {
        Self::of(Extent::Size(size))
    }

    /// The same for any extent.
    #[must_use]
    pub const fn of(extent: Extent) -> Self {
        Self { extent, step: 1, dilation: 1, before: 0, after: 0, same: None, edge: Edge::Drop }
    }

    /// With this distance between windows.
    #[must_use]
    pub const fn step(mut self, step: usize) -> Self {
        self.step = step;
        self
    }

    /// With this distance between taps.
    #[must_use]
    pub const fn dilation(mut self, dilation: usize) -> Self {
        self.dilation = dilation;
        self
    }

    /// With virtual elements before and after the data.
    #[must_use]
    pub const fn padding(mut self, before: usize, after: usize) -> Self {
        self.before = before;
        self.after = after;
        self
    }

    /// With padding computed from the length.
    #[must_use]
    pub const fn same(mut self, same: Same) -> Self {
        self.same = Some(same);
        self
    }

    /// With this rule at the end.
    #[must_use]
    pub const fn edge(mut self, edge: Edge) -> Self {
        self.edge = edge;
        self
    }
}

/// One axis of a grid: a length and a spec, resolved.
///
/// Per axis: length `L`, size `K`, step `S`, dilation `D`, padding `b` before and `a` after. A window
/// spans the *field* `F = D (K - 1) + 1`. Window `i` starts at `start(i)` and its tap `t` reads element
/// `start(i) + t D`, which is missing when outside `0..L`.
///
/// Everything is `O(1)`, computed once with checked arithmetic and `const`.
///
/// # Example
/// ```
/// use windows_core::{Axis, AxisSpec};
///
/// let axis = Axis::new(5, AxisSpec::new(3).step(2).padding(1, 1))?;
/// assert_eq!((axis.count(), axis.interior()), (3, 1..2));
/// assert_eq!((axis.start(0), axis.taps(0)), (-1, 1..3)); // tap 0 is missing
/// assert_eq!((axis.start(1), axis.taps(1)), (1, 0..3));
/// assert_eq!((axis.start(2), axis.taps(2)), (3, 0..2)); // tap 2 is missing
/// # Ok::<(), windows_core::WindowError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(try_from = "(usize, AxisSpec)", into = "(usize, AxisSpec)"))]
pub struct Axis {
    len: usize,
    size: usize,
    step: usize,
    dilation: usize,
    field: usize,
    before: usize,
    after: usize,
    count: usize,
    /// Interior positions.
    lo: usize,
    hi: usize,
    spec: AxisSpec,
}

impl Axis {
    /// Resolves a spec over a length.
    ///
    /// # Errors
    /// Size, step or dilation 0; padding beside `same`, keep, covered, snap or balance; an edge beside
    /// `same`; a field, padded length or start beyond `isize::MAX`. The axis of the error is 0.
    pub const fn new(len: usize, spec: AxisSpec) -> Result<Self, WindowError> {
        if len > LIMIT {
            return Err(WindowError::PaddedOverflow { axis: 0, len, padding: 0 });
        }
        match spec.extent {
            Extent::Size(size) => Self::windowed(len, size, spec),
            Extent::Each => {
                Ok(Self::plain(len, 1, len, AxisSpec { extent: spec.extent, ..AxisSpec::new(1) }))
            }
            Extent::Whole => {
                Ok(Self::plain(len, len, 1, AxisSpec { extent: spec.extent, ..AxisSpec::new(1) }))
            }
        }
    }

    /// One window of one element: the axis that a rank-0 view does not have.
    pub(crate) const SINGLE: Self = Self::plain(1, 1, 1, AxisSpec::new(1));

    /// An axis without padding where every window is whole, at step 1.
    const fn plain(len: usize, size: usize, count: usize, spec: AxisSpec) -> Self {
        Self {
            len,
            size,
            step: 1,
            dilation: 1,
            field: size,
            before: 0,
            after: 0,
            count,
            lo: 0,
            hi: count,
            spec,
        }
    }

    const fn windowed(len: usize, size: usize, spec: AxisSpec) -> Result<Self, WindowError> {
        let (step, dilation) = (spec.step, spec.dilation);
        if size == 0 {
            return Err(WindowError::ZeroSize { axis: 0 });
        }
        if step == 0 {
            return Err(WindowError::ZeroStep { axis: 0 });
        }
        if dilation == 0 {
            return Err(WindowError::ZeroDilation { axis: 0 });
        }
        let field = match field(size, dilation) {
            Some(field) => field,
            None => return Err(WindowError::FieldOverflow { axis: 0, size, dilation }),
        };
        let (before, after) = match padding(len, field, &spec) {
            Ok(sides) => sides,
            Err(error) => return Err(error),
        };
        // `padding` has seen to it that this sum fits.
        let padded = len + before + after;

        let count = match (spec.same, spec.edge) {
            (Some(_), _) | (None, Edge::Keep) => quotient_up(len, step),
            (None, Edge::Drop) => whole_windows(padded, field, step),
            (None, Edge::Ceil) => {
                let reaching = if padded >= field {
                    quotient_up(padded - field, step) + 1
                } else if (field - padded) / step == 0 {
                    1
                } else {
                    0
                };
                min(reaching, quotient_up(len + before, step))
            }
            (None, Edge::Covered | Edge::Snap | Edge::Balance) => {
                if len == 0 {
                    0
                } else if len <= field {
                    1
                } else {
                    quotient_up(len - field, step) + 1
                }
            }
        };
        // The last start, `(count - 1) * step`, must be an offset even where it lies beyond the data.
        match count.saturating_sub(1).checked_mul(step) {
            Some(last) if last <= LIMIT => {}
            _ => return Err(WindowError::StartOverflow { axis: 0, step, count }),
        }

        let (lo, hi) = match (spec.same, spec.edge) {
            (None, Edge::Snap | Edge::Balance) => (0, if len >= field { count } else { 0 }),
            (Some(_), _) | (None, Edge::Drop | Edge::Keep | Edge::Ceil | Edge::Covered) => {
                let lo = min(count, quotient_up(before, step));
                let hi = min(count, whole_windows(len + before, field, step));
                (lo, max(lo, hi))
            }
        };
        Ok(Self { len, size, step, dilation, field, before, after, count, lo, hi, spec })
    }

    /// The spec this axis was made from. `Axis::new(axis.len(), axis.spec())` is the axis again.
    #[must_use]
    pub const fn spec(&self) -> AxisSpec {
        self.spec
    }

    /// Length of the data.
    #[must_use]
    #[allow(clippy::len_without_is_empty, reason = "the length of the data, not of a collection")]
    pub const fn len(&self) -> usize {
        self.len
    }

    /// Taps of a window.
    #[must_use]
    #[inline]
    pub const fn size(&self) -> usize {
        self.size
    }

    /// Distance between the starts of neighbouring windows of a regular axis.
    #[must_use]
    #[inline]
    pub const fn step(&self) -> usize {
        self.step
    }

    /// Distance between neighbouring taps.
    #[must_use]
    #[inline]
    pub const fn dilation(&self) -> usize {
        self.dilation
    }

    /// Elements that a window spans from its first tap to its last.
    #[must_use]
    #[inline]
    pub const fn field(&self) -> usize {
        self.field
    }

    /// Virtual elements before the data, computed ones included.
    #[must_use]
    #[inline]
    pub const fn before(&self) -> usize {
        self.before
    }

    /// Virtual elements after the data, computed ones included; the overhang of partial windows is
    /// not padding.
    #[must_use]
    #[inline]
    pub const fn after(&self) -> usize {
        self.after
    }

    /// How many windows.
    #[must_use]
    #[inline]
    pub const fn count(&self) -> usize {
        self.count
    }

    /// Positions whose window lies wholly inside the data. Possibly empty.
    #[must_use]
    #[inline]
    pub const fn interior(&self) -> Range<usize> {
        self.lo..self.hi
    }

    /// Whether every window lies wholly inside the data.
    #[must_use]
    #[inline]
    pub const fn is_whole(&self) -> bool {
        self.hi - self.lo == self.count
    }

    /// Whether window `i` starts at `i * step - before` for every `i`: not so under snap and balance.
    #[must_use]
    #[inline]
    pub const fn is_regular(&self) -> bool {
        match self.spec.edge {
            Edge::Snap | Edge::Balance => self.spec.same.is_some() || self.count <= 1,
            Edge::Drop | Edge::Keep | Edge::Ceil | Edge::Covered => true,
        }
    }

    /// Whether no element is a tap of two windows. Exact for regular axes; for dilated windows under
    /// snap or balance, windows whose spans interleave count as sharing.
    #[must_use]
    pub const fn is_disjoint(&self) -> bool {
        if self.count <= 1 {
            return true;
        }
        if self.is_regular() {
            // Windows d apart share an element iff d S = t D for some 0 < t < K; the smallest such d
            // is D / gcd(S, D), with t = S / gcd(S, D).
            let gcd = gcd(self.step, self.dilation);
            return self.dilation / gcd >= self.count || self.step / gcd >= self.size;
        }
        let span = self.len - self.field;
        let gap = match self.spec.edge {
            Edge::Balance => span / (self.count - 1),
            // Of these, only snap has starts that are not regular.
            Edge::Snap | Edge::Drop | Edge::Keep | Edge::Ceil | Edge::Covered => {
                min(self.step, span - (self.count - 2) * self.step)
            }
        };
        gap >= self.field
    }

    /// Where window `position` starts, relative to the data: negative in the padding before it.
    ///
    /// # Panics
    /// If there is no such window.
    #[must_use]
    #[inline]
    pub const fn start(&self, position: usize) -> isize {
        assert!(position < self.count, "position beyond the grid");
        if self.is_regular() {
            // In range: checked for the last window in `new`, and `before` is at most `isize::MAX`.
            return (position * self.step) as isize - self.before as isize;
        }
        self.irregular_start(position)
    }

    /// Where window `position` starts if it lies wholly inside the data, `None` if it does not or if there
    /// is no such window.
    #[must_use]
    #[inline]
    pub const fn interior_start(&self, position: usize) -> Option<usize> {
        if position < self.lo || position >= self.hi {
            return None;
        }
        if self.is_regular() {
            return Some(position * self.step - self.before);
        }
        Some(self.irregular_start(position) as usize)
    }

    /// The start of a window under snap or balance. Apart, so that the common case is inlined.
    #[inline(never)]
    const fn irregular_start(&self, position: usize) -> isize {
        let span = self.len - self.field;
        match self.spec.edge {
            Edge::Balance => {
                // round(i span / (n - 1)) by quotient and remainder; the product of two numbers below
                // n fits 128 bits.
                let last = self.count - 1;
                let (quotient, remainder) = (span / last, span % last);
                let twice = 2 * (position as u128) * (remainder as u128) + last as u128;
                (position * quotient) as isize + (twice / (2 * last as u128)) as isize
            }
            // Of these, only snap has starts that are not regular.
            Edge::Snap | Edge::Drop | Edge::Keep | Edge::Ceil | Edge::Covered => {
                min(position * self.step, span) as isize
            }
        }
    }

    /// The taps of window `position` that read a real element. A window wholly in the padding has an
    /// empty range: `K..K` before the data, `0..0` after it.
    ///
    /// # Panics
    /// If there is no such window.
    #[must_use]
    pub const fn taps(&self, position: usize) -> Range<usize> {
        if position >= self.lo && position < self.hi {
            return 0..self.size;
        }
        let start = self.start(position);
        let first = if start.is_negative() {
            min(start.unsigned_abs().div_ceil(self.dilation), self.size)
        } else {
            0
        };
        let end = if start >= self.len as isize {
            0
        } else {
            // `len - start` is at most `len + before`, which fits.
            min(((self.len as isize - start) as usize).div_ceil(self.dilation), self.size)
        };
        first..max(first, end)
    }

    /// The elements that window `position` spans, clipped to the data.
    ///
    /// # Panics
    /// If there is no such window.
    #[must_use]
    pub const fn region(&self, position: usize) -> Range<usize> {
        let start = self.start(position);
        let (first, end) = if start.is_negative() {
            (0, self.field.saturating_sub(start.unsigned_abs()))
        } else {
            (min(start as usize, self.len), (start as usize).saturating_add(self.field))
        };
        first..max(first, min(end, self.len))
    }

    /// The element that tap `tap` of window `position` reads, relative to the data: negative or at
    /// least [`Axis::len`] where it is missing.
    ///
    /// # Panics
    /// If there is no such window or tap.
    #[must_use]
    #[inline]
    pub const fn element(&self, position: usize, tap: usize) -> isize {
        assert!(tap < self.size, "tap beyond the window");
        // The field fits `isize`, and so does the start; their sum may not where a window starts far
        // beyond the data, and saturates there: it is missing all the same.
        self.start(position).saturating_add((tap * self.dilation) as isize)
    }

    /// The positions whose window has `element` among its taps, in ascending order.
    ///
    /// Under dilation they are not a range: on a regular axis they are an arithmetic progression of
    /// difference `D / gcd(S, D)`; under snap and balance the candidates are tried one by one.
    #[must_use]
    pub const fn covering(&self, element: usize) -> Covering {
        Covering::new(*self, element)
    }

    /// The longest run of positions from `first` whose starts are equally spaced, and their step.
    ///
    /// A regular axis is one run, snap is at most two, balance one for each change of its rounded distance. `O(run)`.
    ///
    /// # Example
    /// ```
    /// use windows_core::{Axis, AxisSpec, Edge};
    ///
    /// let axis = Axis::new(11, AxisSpec::new(4).step(3).edge(Edge::Snap))?; // 0, 3, 6, 7
    /// assert_eq!((axis.run_from(0), axis.run_from(3)), ((0..3, 3), (3..4, 3)));
    /// # Ok::<(), windows_core::WindowError>(())
    /// ```
    #[must_use]
    pub fn run_from(&self, first: usize) -> (Range<usize>, usize) {
        if self.is_regular() || first + 1 >= self.count {
            return (first..self.count, self.step);
        }
        let step = self.start(first + 1) - self.start(first);
        let mut end = first + 2;
        while end < self.count && self.start(end) - self.start(end - 1) == step {
            end += 1;
        }
        (first..end, step as usize)
    }
}

/// `D (K - 1) + 1`, where it fits.
const fn field(size: usize, dilation: usize) -> Option<usize> {
    match (size - 1).checked_mul(dilation) {
        Some(reach) if reach < LIMIT => Some(reach + 1),
        _ => None,
    }
}

/// Windows of `field` elements at `step` that fit into `len`.
const fn whole_windows(len: usize, field: usize, step: usize) -> usize {
    if len < field { 0 } else { quotient(len - field, step) + 1 }
}

/// Divisions are most of the cost of making a view of windows, and the step is mostly 1.
#[inline]
const fn quotient(a: usize, step: usize) -> usize {
    if step == 1 { a } else { a / step }
}

/// The same, rounded up.
#[inline]
const fn quotient_up(a: usize, step: usize) -> usize {
    if step == 1 { a } else { a.div_ceil(step) }
}

/// The effective padding, once the combination is known to be allowed and to fit.
const fn padding(len: usize, field: usize, spec: &AxisSpec) -> Result<(usize, usize), WindowError> {
    let AxisSpec { step, before, after, edge, .. } = *spec;
    if let Some(same) = spec.same {
        if before != 0 || after != 0 {
            return Err(WindowError::PaddingConflict { axis: 0, before, after, rule: "same" });
        }
        if !matches!(edge, Edge::Drop) {
            return Err(WindowError::EdgeConflict { axis: 0, edge: edge.name() });
        }
        if len == 0 {
            return Ok((0, 0));
        }
        // (n - 1) S < L, so only the sum with the field can be too much, and not by a wrap.
        let reach = (len.div_ceil(step) - 1) * step + field;
        let total = reach.saturating_sub(len);
        if reach > LIMIT {
            return Err(WindowError::PaddedOverflow { axis: 0, len, padding: total });
        }
        let half = total / 2;
        return Ok(match same {
            Same::Upper => (half, total - half),
            Same::Lower => (total - half, half),
        });
    }
    if (before != 0 || after != 0) && !matches!(edge, Edge::Drop | Edge::Ceil) {
        return Err(WindowError::PaddingConflict { axis: 0, before, after, rule: edge.name() });
    }
    match before.checked_add(after) {
        None => Err(WindowError::PaddedOverflow { axis: 0, len, padding: max(before, after) }),
        Some(sum) => match sum.checked_add(len) {
            Some(padded) if padded <= LIMIT => Ok((before, after)),
            _ => Err(WindowError::PaddedOverflow { axis: 0, len, padding: sum }),
        },
    }
}

// `Ord::min` is not `const` yet.

pub(crate) const fn min(a: usize, b: usize) -> usize {
    if a < b { a } else { b }
}

pub(crate) const fn max(a: usize, b: usize) -> usize {
    if a > b { a } else { b }
}

pub(crate) const fn gcd(mut a: usize, mut b: usize) -> usize {
    while b != 0 {
        (a, b) = (b, a % b);
    }
    a
}

impl From<Axis> for (usize, AxisSpec) {
    fn from(axis: Axis) -> Self {
        (axis.len, axis.spec)
    }
}

impl TryFrom<(usize, AxisSpec)> for Axis {
    type Error = WindowError;

    fn try_from((len, spec): (usize, AxisSpec)) -> Result<Self, WindowError> {
        Self::new(len, spec)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Shorter runs would give the same results, only slower.
    #[test]
    fn runs_of_equally_spaced_starts_are_as_long_as_can_be() {
        for edge in [Edge::Drop, Edge::Keep, Edge::Snap, Edge::Balance] {
            for (len, size, step) in [(9, 2, 3), (10, 4, 3), (11, 4, 3), (23, 5, 4), (29, 3, 7)] {
                let axis = Axis::new(len, AxisSpec::new(size).step(step).edge(edge)).unwrap();
                let apart = |i: usize| (axis.start(i) - axis.start(i - 1)) as usize;
                for first in 0..axis.count() {
                    let (run, step) = axis.run_from(first);
                    assert_eq!(run.start, first);
                    assert!((first + 1..run.end).all(|i| apart(i) == step));
                    assert!(run.end == axis.count() || apart(run.end) != step);
                }
            }
        }
    }
}
