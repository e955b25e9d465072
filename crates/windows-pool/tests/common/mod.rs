//! A naive oracle of pooling on the naive windows of the testkit, and samples of every type.

pub(crate) mod check;

use windows_core::{AxisSpec, Border, Dyn, Extent, WindowSpec};
use windows_pool::{Element, Isa, Nan};
use windows_testkit::{Border as NaiveBorder, NaiveAxis, NaiveWindows, NdArray};
use windows_testkit::{Edge as NaiveEdge, Same as NaiveSame};

/// Every path: `None` is the scalar one.
pub(crate) const PATHS: [Option<Isa>; 4] =
    [None, Some(Isa::PORTABLE), Some(Isa::AVX2), Some(Isa::AVX512)];

/// Elements that make trouble: ties, both zeros, infinities, NaN, the ends of integers.
pub(crate) trait Sample: Element {
    fn sample(seed: u32, tame: bool) -> Self;
    fn bits(self) -> u64;
    fn nan(self) -> bool;
    /// The bits of the type's own NaN, if it has one.
    fn own_nan() -> u64;
    fn f64(self) -> f64;
    fn i128(self) -> i128;
}

macro_rules! integers {
    ($($type:ty)*) => {$(
        impl Sample for $type {
            fn sample(seed: u32, _: bool) -> Self {
                match seed % 16 {
                    0 => Self::MIN,
                    1 => Self::MAX,
                    2 => Self::MAX - 1,
                    3..8 => (seed >> 8) as Self,
                    _ => (seed % 7) as Self,
                }
            }
            fn bits(self) -> u64 {
                self as u64
            }
            fn nan(self) -> bool {
                false
            }
            fn own_nan() -> u64 {
                unreachable!("integers have no NaN")
            }
            fn f64(self) -> f64 {
                self as f64
            }
            fn i128(self) -> i128 {
                self as i128
            }
        }
    )*};
}

integers! { u8 i8 u16 i16 u32 i32 u64 i64 }

macro_rules! floats {
    ($($type:ty: $bits:ty;)*) => {$(
        impl Sample for $type {
            fn sample(seed: u32, tame: bool) -> Self {
                match seed % 32 {
                    0 if !tame => {
 let nan = Self::from_bits(Self::NAN.to_bits() | <$bits>::from(seed >> 8));
 if seed >> 31 == 1 { -nan } else { nan }
 }
                    1 if !tame => Self::INFINITY,
                    2 if !tame => Self::NEG_INFINITY,
                    3 | 4 => 0.0,
                    5 | 6 => -0.0,
                    7..20 => ((seed >> 8) % 5) as Self - 2.0,
                    _ => ((seed >> 8) % 20_000) as Self / 7.0 - 1000.0,
                }
            }
            fn bits(self) -> u64 {
                u64::from(self.to_bits())
            }
            fn nan(self) -> bool {
                self.is_nan()
            }
            fn own_nan() -> u64 {
                u64::from(Self::NAN.to_bits())
            }
            fn f64(self) -> f64 {
                f64::from(self)
            }
            fn i128(self) -> i128 {
                unreachable!("sums of floats are not integers")
            }
        }
    )*};
}

floats! { f32: u32; f64: u64; }

/// Windows over an array, axes in front and behind that are none, and values.
#[derive(Clone, Debug)]
pub(crate) struct Case {
    pub(crate) before: Vec<usize>,
    pub(crate) axes: Vec<NaiveAxis>,
    pub(crate) behind: Vec<usize>,
    pub(crate) order: Vec<usize>,
    pub(crate) reverse: usize,
    pub(crate) seed: u32,
    pub(crate) tame: bool,
    pub(crate) border: Option<NaiveBorder>,
}

fn random(seed: u32, at: usize) -> u32 {
    let mut x = u64::from(seed) << 32 | at as u64;
    for _ in 0..3 {
        x = (x ^ (x >> 31)).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    }
    (x >> 29) as u32
}

impl Case {
    pub(crate) fn shape(&self) -> Vec<usize> {
        let windowed = self.axes.iter().map(|axis| axis.len);
        self.before.iter().copied().chain(windowed).chain(self.behind.iter().copied()).collect()
    }

    /// The memory, and the strides of the array in it: axes in another order, some backwards, spread out or repeated, and
    /// strides of axes of one element that are anything.
    pub(crate) fn memory<T: Sample>(&self) -> (Vec<T>, usize, Vec<isize>) {
        let shape = self.shape();
        let mut strides = vec![0_isize; shape.len()];
        let (mut len, mut offset) = (1_usize, 0_usize);
        // One array in four is spread out or repeats an axis.
        let odd = (self.seed >> 20) as usize;
        for &axis in self.order.iter().rev() {
            if shape[axis] == 1 && odd.is_multiple_of(2) {
                strides[axis] = [isize::MAX, isize::MIN, -3, 0][odd / 2 % 4];
                continue;
            }
            if odd % 8 == 5 && odd / 8 % 4 == axis {
                continue;
            }
            if odd % 8 == 3 {
                len *= 1 + odd / 8 % 3;
            }
            strides[axis] = len as isize;
            if self.reverse >> axis & 1 == 1 && self.reverse.is_multiple_of(3) {
                offset += shape[axis].saturating_sub(1) * len;
                strides[axis] = -strides[axis];
            }
            len *= shape[axis].max(1);
        }
        let data = (0..len).map(|at| T::sample(random(self.seed, at), self.tame)).collect();
        (data, offset, strides)
    }

    pub(crate) fn array<T: Sample>(&self) -> NdArray<T> {
        let (data, offset, strides) = self.memory::<T>();
        NdArray::strided(&data, offset, &self.shape(), &strides)
    }

    /// Every axis for the oracle: those in front and behind have windows of one element.
    pub(crate) fn naive(&self) -> NaiveWindows {
        let single = |&len: &usize| NaiveAxis::new(len, 1, 1);
        let around = |lens: &[usize]| lens.iter().map(single).collect::<Vec<_>>();
        NaiveWindows::new([around(&self.before), self.axes.clone(), around(&self.behind)].concat())
    }

    /// The windowed axes for the library.
    pub(crate) fn spec(&self) -> WindowSpec<Dyn> {
        let axes: Vec<AxisSpec> = self.axes.iter().map(spec).collect();
        WindowSpec::from_axes(&axes)
    }

    pub(crate) fn border<T: Sample>(&self) -> Option<Border<T>> {
        self.border.map(|border| match border {
            NaiveBorder::Constant => Border::Constant(T::sample(self.seed, self.tame)),
            NaiveBorder::Replicate => Border::Replicate,
            NaiveBorder::Reflect => Border::Reflect,
            NaiveBorder::Symmetric => Border::Symmetric,
            NaiveBorder::Wrap => Border::Wrap,
        })
    }

    /// For each window its elements in row-major order, and how many taps are in the data or its padding.
    pub(crate) fn windows<T: Sample>(&self) -> Vec<(Vec<T>, usize)> {
        let (array, naive) = (self.array::<T>(), self.naive());
        let constant = self.border::<T>().and_then(|border| border.constant().copied());
        let border = self.border.unwrap_or(NaiveBorder::Constant);
        let positions = naive.positions();
        let inside = |(axis, at): (&NaiveAxis, &usize)| {
            let start = axis.starts()[*at];
            let (before, after) = axis.padding_in_force();
            let range = -(before as i64)..(axis.len + after) as i64;
            (0..axis.size).filter(|t| range.contains(&(start + (t * axis.dilation) as i64))).count()
        };
        let of = |position: &Vec<usize>| {
            let taps = naive.window(&array, position, border);
            let padded = naive.axes().iter().zip(position).map(inside).product();
            let padded = if self.border.is_some() { taps.len() } else { padded };
            let values = taps.into_iter().filter_map(|value| value.or(constant));
            (values.collect(), padded)
        };
        positions.iter().map(of).collect()
    }

    /// Whether a border that is no constant has nothing to read.
    pub(crate) fn is_impossible(&self) -> bool {
        let reads = self.border.is_some_and(|border| border != NaiveBorder::Constant);
        reads && self.shape().contains(&0)
    }
}

pub(crate) fn spec(axis: &NaiveAxis) -> AxisSpec {
    let edge = match axis.edge {
        NaiveEdge::Drop => windows_core::Edge::Drop,
        NaiveEdge::Keep => windows_core::Edge::Keep,
        NaiveEdge::Covered => windows_core::Edge::Covered,
        NaiveEdge::Ceil => windows_core::Edge::Ceil,
        NaiveEdge::Snap => windows_core::Edge::Snap,
        NaiveEdge::Balance => windows_core::Edge::Balance,
    };
    let spec = AxisSpec::of(Extent::Size(axis.size)).step(axis.step).dilation(axis.dilation);
    match axis.same {
        Some(NaiveSame::Upper) => spec.same(windows_core::Same::Upper),
        Some(NaiveSame::Lower) => spec.same(windows_core::Same::Lower),
        None => spec.edge(edge).padding(axis.before, axis.after),
    }
}

/// The extreme of a window: the first NaN if NaN propagates, else the first of the best.
pub(crate) fn extreme<T: Sample>(
    window: &[T],
    nan: Nan,
    better: fn(&T, &T) -> bool,
    nothing: T,
) -> T {
    if nan == Nan::Propagate
        && let Some(nan) = window.iter().find(|value| value.nan())
    {
        return *nan;
    }
    let real: Vec<T> = window.iter().copied().filter(|value| !value.nan()).collect();
    let wins = |value: &&T| real.iter().all(|other| !better(other, value));
    real.iter().find(wins).copied().unwrap_or(nothing)
}
