//! Random inputs for `proptest`: always valid, small enough for a naive oracle, and rich in the
//! cases that break windowing code.
//!
//! | strategy | worlds |
//! | --- | --- |
//! | [`shape`] | any lengths of a range; and shapes of nothing but lengths 0, 1 and 2 |
//! | [`axis_over`] | windows, steps, dilations and paddings of about the data's length, every edge, `same` |
//! | [`far_axis_over`] | padding, window, step or dilation ten times the data's length and more; more windows than elements |
//! | [`windows_over`] | axes of the first kind; or one of the second beside small ones |
//! | [`strided`] | any order, direction, spread and repetition; and strides beyond all memory where no element is a stride away |

use std::ops::{Range, RangeInclusive};

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::{Index, select};

use crate::array::NdArray;
use crate::axis::{Edge, NaiveAxis, Same};
use crate::border::Border;
use crate::windows::NaiveWindows;

/// `default` cases of a property, or the number in the environment variable `PROPTEST_CASES`: few where an
/// emulator runs them. Failures are not written to files.
pub fn cases(default: u32) -> ProptestConfig {
    let cases = std::env::var("PROPTEST_CASES").ok().and_then(|text| text.parse().ok());
    ProptestConfig {
        cases: cases.unwrap_or(default),
        failure_persistence: None,
        ..ProptestConfig::default()
    }
}

/// A view of a buffer by offset, shape and strides that stays inside it.
#[derive(Clone, Debug)]
pub struct Strided {
    /// How many elements the buffer holds.
    pub buffer_len: usize,
    /// Where the element at index 0, 0, .. lies.
    pub offset: usize,
    /// The length of each axis.
    pub shape: Vec<usize>,
    /// The distance in the buffer to the next element of each axis; may be negative or zero.
    pub strides: Vec<isize>,
}

impl Strided {
    /// What the view shows of a buffer that counts up from 0.
    pub fn counting(&self) -> NdArray<usize> {
        NdArray::strided(&self.buffer(), self.offset, &self.shape, &self.strides)
    }

    /// The buffer that counts up from 0.
    pub fn buffer(&self) -> Vec<usize> {
        (0..self.buffer_len).collect()
    }
}

/// Any edge rule.
pub fn edge() -> impl Strategy<Value = Edge> {
    select(Edge::ALL.to_vec())
}

/// Any border.
pub fn border() -> impl Strategy<Value = Border> {
    select(Border::ALL.to_vec())
}

/// Shapes of a random rank, each length in `lens`: all lengths alike, or only the least of them, of which 0
/// and 1 meet in one shape.
pub fn shape(
    ranks: RangeInclusive<usize>,
    lens: RangeInclusive<usize>,
) -> impl Strategy<Value = Vec<usize>> {
    let least = *lens.start()..=(*lens.end()).min(lens.start().max(&1) + 1);
    prop_oneof![3 => vec(lens, ranks.clone()), 1 => vec(least, ranks)]
}

/// Any valid axis over `len` elements: every edge, with padding or `same` where they may stand. Windows, steps
/// and paddings are about as long as short data.
pub fn axis_over(len: usize) -> impl Strategy<Value = NaiveAxis> {
    let window = (1..5usize, 1..5usize, 1..4usize);
    let padding = prop_oneof![Just((0, 0)), (0..5usize, 0..5usize)];
    with_window(len, window, padding)
}

/// Any valid axis of few windows and taps: to stand beside one of many.
fn small_axis_over(len: usize) -> impl Strategy<Value = NaiveAxis> {
    with_window(len, (1..3usize, 1..4usize, 1..3usize), (0..2usize, 0..2usize))
}

/// Any valid axis on which something is far longer than short data: padding (so that most windows hold nothing,
/// and there are more of them than elements), the window, the step, the dilation, or several of them.
pub fn far_axis_over(len: usize) -> impl Strategy<Value = NaiveAxis> {
    let near_or_far = |near: Range<usize>, far: Range<usize>| prop_oneof![2 => near, 1 => far];
    let window = (near_or_far(1..5, 10..30), near_or_far(1..4, 10..60), near_or_far(1..3, 7..30));
    let padding = (near_or_far(0..3, 10..40), near_or_far(0..3, 10..40));
    with_window(len, window, padding)
}

/// Every edge, with padding or `same` where they may stand.
fn with_window(
    len: usize,
    window: impl Strategy<Value = (usize, usize, usize)>,
    padding: impl Strategy<Value = (usize, usize)>,
) -> impl Strategy<Value = NaiveAxis> {
    let same = prop_oneof![
        4 => Just(None),
        1 => select(std::vec![Some(Same::Upper), Some(Same::Lower)]),
    ];
    (window, edge(), padding, same).prop_map(
        move |((size, step, dilation), edge, (before, after), same)| {
            let axis = NaiveAxis::new(len, size, step).dilation(dilation);
            match same {
                Some(same) => axis.same(same),
                None if edge.takes_padding() => axis.edge(edge).padding(before, after),
                None => axis.edge(edge),
            }
        },
    )
}

/// Any valid axis over a length in `lens`.
pub fn axis(lens: RangeInclusive<usize>) -> impl Strategy<Value = NaiveAxis> {
    lens.prop_flat_map(axis_over)
}

/// Any valid windows over `shape`: about as long as the data on every axis; or far longer on one
/// ([`far_axis_over`]), and short on the others, so that there are not too many taps for an oracle.
pub fn windows_over(shape: Vec<usize>) -> impl Strategy<Value = NaiveWindows> {
    let near = shape.iter().copied().map(axis_over).collect::<Vec<_>>();
    let small = shape.iter().copied().map(small_axis_over).collect::<Vec<_>>();
    let far = shape.into_iter().map(far_axis_over).collect::<Vec<_>>();
    let far = (small, far, any::<Index>()).prop_map(|(mut axes, far, which)| {
        if !axes.is_empty() {
            let which = which.index(axes.len());
            axes[which] = far[which].clone();
        }
        axes
    });
    prop_oneof![3 => near, 1 => far].prop_map(NaiveWindows::new)
}

/// Any valid windows over a shape of a random rank.
pub fn windows(
    ranks: RangeInclusive<usize>,
    lens: RangeInclusive<usize>,
) -> impl Strategy<Value = NaiveWindows> {
    shape(ranks, lens).prop_flat_map(windows_over)
}

/// Views of a random rank and shape whose axes are in any memory order, reversed, spread out or
/// repeated (stride 0), in a buffer with a random margin on each side. Where there is no second element along
/// an axis, its stride may be any number at all.
pub fn strided(
    ranks: RangeInclusive<usize>,
    lens: RangeInclusive<usize>,
) -> impl Strategy<Value = Strided> {
    shape(ranks, lens).prop_flat_map(|shape| {
        let rank = shape.len();
        let order = Just((0..rank).collect::<Vec<_>>()).prop_shuffle();
        // Mostly forwards: a view whose axes are all strange shows little.
        let spread = vec(select(std::vec![1isize, 1, 1, -1, -1, 2, -2, 3, 0]), rank);
        let margins: (Range<usize>, Range<usize>) = (0..3, 0..3);
        let strange = select(std::vec![isize::MIN, -isize::MAX, -9, 7, isize::MAX / 2, isize::MAX]);
        let strange = vec(proptest::option::of(strange), rank);
        let layout = (Just(shape), order, spread, margins, strange);
        layout.prop_map(|(shape, order, spread, margins, strange)| {
            let mut strides = std::vec![0; shape.len()];
            let mut extent = 1;
            // From the axis that is nearest in memory outwards.
            for &axis in &order {
                strides[axis] = extent * spread[axis];
                extent = (extent * spread[axis].abs() * shape[axis] as isize).max(extent);
            }
            let reach = |sign: isize| -> usize {
                let axes = shape.iter().zip(&strides).filter(|(_, stride)| **stride * sign > 0);
                axes.map(|(&len, stride)| len.saturating_sub(1) * stride.unsigned_abs()).sum()
            };
            let offset = margins.0 + reach(-1);
            let buffer_len = offset + reach(1) + 1 + margins.1;
            for (axis, stride) in strides.iter_mut().enumerate() {
                *stride = strange[axis].filter(|_| shape[axis] <= 1).unwrap_or(*stride);
            }
            Strided { buffer_len, offset, shape, strides }
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    proptest! {
        #[test]
        fn axes_are_valid(axis in axis(0..=9), far in (0..=5usize).prop_flat_map(far_axis_over)) {
            prop_assert!(axis.is_valid() && far.is_valid());
            prop_assert!(axis.len <= 9 && far.len <= 5);
        }

        #[test]
        fn windows_are_few_enough_for_an_oracle(windows in windows(0..=4, 0..=5)) {
            let taps: usize = windows.counts().iter().chain(&windows.sizes()).product();
            prop_assert!(taps < 20_000_000);
        }

        #[test]
        fn views_stay_inside_their_buffer(view in strided(0..=4, 0..=4)) {
            // The oracle panics if they do not.
            let shown = view.counting();
            prop_assert_eq!(shown.shape(), &view.shape);
        }

        #[test]
        fn pack_and_fold_are_adjoint(
            windows in windows(0..=2, 0..=5),
            border in border(),
            seed in any::<u32>(),
        ) {
            let noise = |k: usize| ((k as i64 + 1) * i64::from(seed)) % 1009 - 504;
            let len: usize = windows.shape().iter().product();
            let x = NdArray::new((0..len).map(noise).collect(), &windows.shape());
            let packed = windows.pack(&x, border, 0);
            let y: Vec<i64> = (0..packed.data().len()).map(|k| noise(k + 7)).collect();
            let folded = windows.fold(&y, border, 0, |a, b| a + b);
            let dot = |a: &[i64], b: &[i64]| a.iter().zip(b).map(|(a, b)| a * b).sum::<i64>();
            prop_assert_eq!(dot(packed.data(), &y), dot(x.data(), folded.data()));
        }
    }
}
