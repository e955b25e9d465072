//! Predictions for windows that overlap, made one for each unit.

use core::fmt;
use core::ops::Range;

use super::TextError;

/// A number that predictions are made of: `f32` or `f64`.
pub trait Score: Copy + Default + PartialOrd + fmt::Debug + sealed::Sealed {
    /// As `f64`, exactly.
    fn widen(self) -> f64;
    /// The nearest number of this type.
    fn narrow(wide: f64) -> Self;
}

mod sealed {
    pub trait Sealed {}
    impl Sealed for f32 {}
    impl Sealed for f64 {}
}

impl Score for f32 {
    fn widen(self) -> f64 {
        self.into()
    }
    fn narrow(wide: f64) -> Self {
        wide as Self
    }
}

impl Score for f64 {
    fn widen(self) -> f64 {
        self
    }
    fn narrow(wide: f64) -> Self {
        wide
    }
}

/// How the predictions of several windows for one unit become one.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub enum Reduce {
    /// That of the window in which the unit has most context: most units between it and the nearer end
    /// of the window. The first such window if there are several.
    Crop,
    /// Their mean.
    Mean,
    /// Their mean with a weight for each place in a window: a function of the place and of the units
    /// of the window. [`Reduce::TRIANGLE`] is the common one.
    Weighted(fn(usize, usize) -> f64),
    /// The largest, value by value. A NaN loses against a number.
    Max,
    /// That of the window that was added first.
    First,
    /// That of the window that was added last.
    Last,
}

impl Reduce {
    /// Weights that rise from 1 at both ends of a window towards its middle.
    pub const TRIANGLE: Self = Self::Weighted(|place, len| (place + 1).min(len - place) as f64);

    /// Whether values are added up, to be divided by the sum of weights.
    const fn sums(self) -> bool {
        matches!(self, Self::Mean | Self::Weighted(_))
    }
}

/// Merges the predictions of windows into one for each unit.
///
/// A prediction is `width` values: class scores, logits, an embedding. Sums are kept in `f64`, 8 bytes a
/// value, so that the order of windows matters little.
///
/// # Example
/// ```
/// use windows_core::Edge;
/// use windows_frame::FrameSpec;
/// use windows_frame::text::{Merge, Reduce, Unit, Units};
///
/// let lines = Units::new("a\nb\nc\nd\ne\n", &Unit::Line);
/// let mut merge = Merge::new(lines.len(), 1, Reduce::Mean)?;
/// for (number, window) in lines.windows(FrameSpec::new(3, 2).edge(Edge::Covered))?.enumerate() {
///     let predictions = vec![number as f32; window.units().len()]; // what a model says of each line
///     merge.add(window.units(), &predictions)?;
/// }
/// assert_eq!(merge.finish()?, [0.0, 0.0, 0.5, 1.0, 1.0]);
/// # Ok::<(), windows_frame::text::TextError>(())
/// ```
#[derive(Clone, Debug)]
pub struct Merge<T> {
    reduce: Reduce,
    units: usize,
    width: usize,
    values: Vec<f64>,
    /// The sum of weights, or one more than the context; 0 for a unit without a prediction.
    weights: Vec<f64>,
    score: core::marker::PhantomData<T>,
}

impl<T: Score> Merge<T> {
    /// For `units` units of `width` values each.
    ///
    /// # Errors
    /// When the number of values exceeds `usize`.
    pub fn new(units: usize, width: usize, reduce: Reduce) -> Result<Self, TextError> {
        let Some(len) = units.checked_mul(width) else {
            return Err(TextError::Length {
                what: "predictions",
                expected: usize::MAX,
                got: units,
            });
        };
        Ok(Self {
            reduce,
            units,
            width,
            values: vec![0.0; len],
            weights: vec![0.0; units],
            score: core::marker::PhantomData,
        })
    }

    /// Adds the predictions of one window, unit after unit: all values of the first, of the second, ..
    ///
    /// # Errors
    /// A window beyond the units, another number of values, a weight that is not positive and finite.
    /// Nothing is added then.
    pub fn add(&mut self, units: Range<usize>, predictions: &[T]) -> Result<(), TextError> {
        if units.end > self.units || units.start > units.end {
            return Err(TextError::OutOfUnits { end: units.end, units: self.units });
        }
        // In range: the window lies inside the units.
        let expected = units.len() * self.width;
        if predictions.len() != expected {
            return Err(TextError::Length {
                what: "predictions",
                expected,
                got: predictions.len(),
            });
        }
        let len = units.len();
        if let Reduce::Weighted(weight) = self.reduce {
            let good = |place| weight(place, len) > 0.0 && weight(place, len).is_finite();
            if let Some(index) = (0..len).find(|&place| !good(place)) {
                return Err(TextError::Weight { index, len });
            }
        }
        for (place, unit) in units.enumerate() {
            let new = &predictions[place * self.width..][..self.width];
            let old = &mut self.values[unit * self.width..][..self.width];
            let weight = &mut self.weights[unit];
            let first = *weight == 0.0;
            let context = 1.0 + place.min(len - 1 - place) as f64;
            let (replaces, now) = match self.reduce {
                Reduce::Crop => (context > *weight, context.max(*weight)),
                Reduce::Weighted(share) => (first, *weight + share(place, len)),
                Reduce::Mean => (first, *weight + 1.0),
                Reduce::First | Reduce::Max => (first, 1.0),
                Reduce::Last => (true, 1.0),
            };
            let share = if self.reduce.sums() { now - *weight } else { 1.0 };
            for (old, new) in old.iter_mut().zip(new) {
                let new = share * new.widen();
                match self.reduce {
                    _ if replaces => *old = new,
                    Reduce::Max => *old = old.max(new),
                    Reduce::Mean | Reduce::Weighted(_) => *old += new,
                    _ => {}
                }
            }
            *weight = now;
        }
        Ok(())
    }

    /// One prediction for each unit, in order.
    ///
    /// # Errors
    /// When a unit has none.
    pub fn finish(self) -> Result<Vec<T>, TextError> {
        let missing = || self.weights.iter().enumerate().filter(|(_, weight)| **weight == 0.0);
        if let Some((first, _)) = missing().next() {
            return Err(TextError::Uncovered { first, count: missing().count() });
        }
        let sums = self.reduce.sums();
        let merged = self.values.iter().enumerate().map(|(index, &value)| {
            let share = if sums { self.weights[index / self.width] } else { 1.0 };
            T::narrow(value / share)
        });
        Ok(merged.collect())
    }
}
