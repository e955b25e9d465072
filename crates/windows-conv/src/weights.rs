//! The weights of a plan: where they lie, what their sums can be, and the panels that kernels read.

use std::array::from_fn;
use std::borrow::Cow;

use windows_core::DynView;

use crate::ConvError;
use crate::kernel::element::{Input, Weight};
use crate::kernel::scalar::Scalar;
use crate::memory::room;
use crate::square::{PLACES, transformed};

/// Weights by output channel, input channel of the group, and flat tap.
pub(crate) struct Weights<'a, W: Copy> {
    pub data: Cow<'a, [W]>,
    pub taps: usize,
    pub groups: usize,
    pub per_group: usize,
    pub out_per_group: usize,
    pub transposed: bool,
    /// The value that means zero: none, one for all, or one per output channel.
    pub zeros: &'a [i32],
}

/// The elements of a view in row-major order: as they lie, if they do.
///
/// # Errors
/// No memory for a copy.
pub(crate) fn row_major<'a, T: Copy>(view: &DynView<'a, T>) -> Result<Cow<'a, [T]>, ConvError> {
    if let Some(elements) = view.as_slice() {
        return Ok(Cow::Borrowed(elements));
    }
    let mut elements = room("weights", view.len())?;
    elements.extend(view.iter().copied());
    Ok(Cow::Owned(elements))
}

impl<W: Copy> Weights<'_, W> {
    fn get(&self, group: usize, out: usize, channel: usize, tap: usize) -> W {
        let row = if self.transposed {
            (group * self.per_group + channel) * self.out_per_group + out
        } else {
            (group * self.out_per_group + out) * self.per_group + channel
        };
        self.data[row * self.taps + tap]
    }

    fn zero(&self, channel: usize) -> i32 {
        match self.zeros {
            [] => 0,
            [zero] => *zero,
            zeros => zeros[channel],
        }
    }

    pub(crate) fn lane<X: Input>(
        &self,
        group: usize,
        out: usize,
        step: usize,
        taps: &[usize],
    ) -> X::Lane
    where
        W: Weight<X::Lane>,
    {
        let per_tap = self.per_group.div_ceil(X::PAIR);
        let (tap, first) = (taps[step / per_tap], step % per_tap * X::PAIR);
        let channel = |c: usize| {
            (c < X::PAIR && first + c < self.per_group)
                .then(|| self.get(group, out, first + c, tap))
        };
        W::lane([channel(0), channel(1)], self.zero(group * self.out_per_group + out))
    }

    /// Whether the sums of some taps, bias included, are within `i32` for every input.
    ///
    /// An input is one of two ends or between them, and padding is zero, which lies between them too: so the
    /// greatest sum takes the greater end for every weight, and there is an input that has it.
    ///
    /// # Errors
    /// The first output channel whose sums are not.
    pub(crate) fn check_sums<X: Input>(
        &self,
        taps: &[usize],
        input_zero: i32,
        bias: &[X::Lane],
    ) -> Result<(), ConvError>
    where
        W: Weight<X::Lane>,
    {
        let (low, high) = X::ZEROS;
        let ends = [low, high].map(|end| i64::from(end) - i64::from(input_zero));
        for channel in 0..self.groups * self.out_per_group {
            let (group, out) = (channel / self.out_per_group, channel % self.out_per_group);
            let zero = self.zero(channel);
            let start = bias.get(channel).and_then(|&bias| X::whole(bias)).unwrap_or(0);
            let (mut least, mut greatest) = (start, start);
            for &tap in taps {
                for of in 0..self.per_group {
                    let Some(weight) = self.get(group, out, of, tap).difference(zero) else {
                        return Ok(());
                    };
                    let [a, b] = ends.map(|end| weight * end);
                    (least, greatest) = (least + a.min(b), greatest + a.max(b));
                }
            }
            let beyond = |sum: &i64| i32::try_from(*sum).is_err();
            if let Some(sum) = [greatest, least].into_iter().find(beyond) {
                let products = taps.len() * self.per_group;
                return Err(ConvError::Overflow { channel, products, sum });
            }
        }
        Ok(())
    }

    /// The weights of every square: by output channel, input channel of the group, and place.
    pub(crate) fn transformed<X: Input>(&self, taps: &[usize]) -> Vec<[X::Lane; PLACES]>
    where
        W: Weight<X::Lane>,
    {
        let of = |out: usize, channel: usize| {
            let (group, out) = (out / self.out_per_group, out % self.out_per_group);
            let step = |tap: usize| tap * self.per_group + channel;
            transformed(from_fn(|tap| self.lane::<X>(group, out, step(tap), taps)))
        };
        let outs = 0..self.groups * self.out_per_group;
        outs.flat_map(|out| (0..self.per_group).map(move |channel| of(out, channel))).collect()
    }

    /// Panels of `full` channels, each `steps x width`, group by group; the last panel of a group is as
    /// wide as `unit` allows.
    pub(crate) fn pack<T: Scalar>(
        &self,
        steps: usize,
        full: usize,
        unit: usize,
        lane: impl Fn(usize, usize, usize) -> T,
    ) -> Result<Vec<T>, ConvError> {
        let padded = self.groups * self.out_per_group.next_multiple_of(unit);
        let mut packed = room("weights", padded.saturating_mul(steps))?;
        for group in 0..self.groups {
            for first in (0..self.out_per_group).step_by(full) {
                let exist = (self.out_per_group - first).min(full);
                for step in 0..steps {
                    packed.extend((first..first + exist.next_multiple_of(unit)).map(
                        |out| match out < self.out_per_group {
                            true => lane(group, out, step),
                            false => T::default(),
                        },
                    ));
                }
            }
        }
        Ok(packed)
    }
}
