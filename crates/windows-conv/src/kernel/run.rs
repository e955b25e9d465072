//! The safe way into the kernels.

use std::marker::PhantomData;
use std::ops::Range;

use windows_core::kernel::Isa;

use super::depthwise;
use super::element::Operand;
use super::gemm::{Gemm, TileSize};
use super::lanes::{Lanes, Scalar};
use crate::plan::{Algorithm, ConvPlan, PassPlan};

/// Runs `$body` with `$lanes` standing for the registers of an instruction set.
macro_rules! with_lanes {
    ($isa:expr, $scalar:ty, $lanes:ident => $body:expr) => {
        match $isa {
            Isa::Avx512 => {
                type $lanes<T> = <T as Scalar>::Avx512;
                $body
            }
            Isa::Avx2 => {
                type $lanes<T> = <T as Scalar>::Avx2;
                $body
            }
            _ => {
                type $lanes<T> = <T as Scalar>::Portable;
                $body
            }
        }
    };
}

/// The tile of an instruction set for a scalar.
pub(crate) fn tile_size<T: Scalar>(isa: Isa) -> TileSize {
    with_lanes!(isa, T, L => TileSize::of::<L<T>>())
}

/// An output that threads share; each writes its own elements.
#[derive(Clone, Copy)]
struct Shared<T>(*mut T);

// SAFETY: the pointer comes from a `&mut [T]` that outlives the threads, and the parts of a run write
// disjoint elements.
unsafe impl<T: Send> Send for Shared<T> {}
// SAFETY: as above.
unsafe impl<T: Send> Sync for Shared<T> {}

/// Part `part` of `parts` of `len` units.
fn share(len: usize, part: usize, parts: usize) -> Range<usize> {
    len * part / parts..len * (part + 1) / parts
}

/// Which of an image's `len` units are among `units`, which are numbered across images.
fn of_image(units: &Range<usize>, image: usize, len: usize) -> Range<usize> {
    let within = |unit: usize| unit.clamp(image * len, (image + 1) * len) - image * len;
    within(units.start)..within(units.end)
}

/// Runs a plan on data that has the layout the plan was made for.
///
/// # Panics
/// Unless `input` has an element for every offset of the plan's input from `offset`, `out` and `scratch`
/// the lengths of the plan.
pub(crate) fn run<X: Operand<W>, W: Copy + Sync>(
    plan: &ConvPlan<X, W>,
    input: &[X],
    offset: usize,
    out: &mut [X::Output],
    scratch: &mut [X::Output],
) {
    if out.is_empty() {
        return;
    }
    let (low, high) = plan.input.span().unwrap_or((0, 0));
    let inside = |at: isize| offset.checked_add_signed(at).is_some_and(|at| at < input.len());
    assert!(plan.input.is_empty() || (inside(low) && inside(high)), "the input fits the plan");
    assert_eq!(out.len(), plan.output_len(), "the output fits the plan");
    assert!(scratch.len() >= plan.scratch_len(), "the scratch memory fits the plan");
    // An input without elements is never read, but must not be pointed beyond either.
    let input = if plan.input.is_empty() { input.as_ptr() } else { input[offset..].as_ptr() };
    let work = Work { plan, input, out: Shared(out.as_mut_ptr()) };
    work.split(0..plan.threads, scratch);
}

struct Work<'a, X: Operand<W>, W> {
    plan: &'a ConvPlan<X, W>,
    input: *const X,
    out: Shared<X::Output>,
}

// SAFETY: a plan is shared data; the input comes from a `&[X]`, the output is `Shared`.
unsafe impl<X: Operand<W>, W: Sync> Sync for Work<'_, X, W> {}

impl<X: Operand<W>, W: Copy + Sync> Work<'_, X, W> {
    #[cfg(feature = "rayon")]
    fn split(&self, parts: Range<usize>, scratch: &mut [X::Output]) {
        if parts.len() <= 1 {
            return self.part(parts.start, scratch);
        }
        let middle = parts.start + parts.len() / 2;
        let (low, high) = scratch.split_at_mut(self.plan.scratch * (middle - parts.start));
        rayon::join(
            || self.split(parts.start..middle, low),
            || self.split(middle..parts.end, high),
        );
    }

    #[cfg(not(feature = "rayon"))]
    fn split(&self, parts: Range<usize>, scratch: &mut [X::Output]) {
        for part in parts {
            self.part(part, scratch);
        }
    }

    fn part(&self, part: usize, scratch: &mut [X::Output]) {
        let plan = self.plan;
        with_lanes!(plan.isa, X::Output, L => match plan.algorithm {
            Algorithm::Gemm => self.gemm::<L<X::Output>>(part, scratch),
            Algorithm::DepthwiseRows => self.depthwise_rows::<L<X::Output>>(part),
            Algorithm::DepthwiseChannels => self.depthwise_channels::<L<X::Output>>(part),
            Algorithm::Reference => unreachable!("the reference needs no kernel"),
        });
    }

    /// Element 0, .., 0 of a channel of an image, and its output.
    fn image(&self, image: usize) -> (*const X, *mut X::Output) {
        let plan = self.plan;
        (
            self.input.wrapping_offset(image as isize * plan.input.strides()[0]),
            self.out.0.wrapping_offset(image as isize * plan.out_image),
        )
    }

    fn gemm<S: Lanes<Scalar = X::Output>>(&self, part: usize, scratch: &mut [X::Output]) {
        let plan = self.plan;
        let units = plan.images() * plan.groups;
        // Whole images and groups are the better share: nothing is packed twice.
        let whole = units >= 4 * plan.threads || units.is_multiple_of(plan.threads);
        for pass in &plan.passes {
            let mine = if whole { share(units, part, plan.threads) } else { 0..units };
            for unit in mine {
                let (channels, pixels) = match whole {
                    true => (0..plan.out_channels / plan.groups, 0..pass.pass.pixels()),
                    false => self.slice::<S>(pass, part),
                };
                if !channels.is_empty() && !pixels.is_empty() {
                    self.unit::<S>(pass, unit, channels, pixels, scratch);
                }
            }
        }
    }

    /// The channels and pixels of a unit that a thread computes.
    fn slice<S: Lanes>(
        &self,
        pass: &PassPlan<X::Output>,
        part: usize,
    ) -> (Range<usize>, Range<usize>) {
        let (channels, pixels) = (self.plan.out_channels / self.plan.groups, pass.pass.pixels());
        let (threads, wide) = (self.plan.threads, pass.shape.channel_lanes);
        let unit = if wide { 1 } else { S::WIDTH };
        let panel = TileSize::of::<S>().panel(wide);
        let (panels, units) = (channels.div_ceil(panel), pixels.div_ceil(unit));
        // Pixels are packed by whoever multiplies them, weights are packed already: sharing pixels
        // costs nothing while every thread has enough of them to fill its tiles.
        let by_pixels =
            if wide { panels < threads } else { units >= 3 * threads || panels < threads };
        let cut = |range: Range<usize>, unit: usize, len: usize| {
            (range.start * unit).min(len)..(range.end * unit).min(len)
        };
        if by_pixels {
            (0..channels, cut(share(units, part, threads), unit, pixels))
        } else {
            (cut(share(panels, part, threads), panel, channels), 0..pixels)
        }
    }

    fn unit<S: Lanes<Scalar = X::Output>>(
        &self,
        pass: &PassPlan<X::Output>,
        unit: usize,
        channels: Range<usize>,
        pixels: Range<usize>,
        scratch: &mut [X::Output],
    ) {
        let plan = self.plan;
        let (image, group) = (unit / plan.groups, unit % plan.groups);
        let per_group = plan.input.shape()[1] / plan.groups;
        let out_per_group = plan.out_channels / plan.groups;
        let (input, out) = self.image(image);
        let channel_stride = plan.input.strides()[1];
        let ahead = (group * per_group) as isize;
        let packed = pass.weights.len() / plan.groups;
        let bias = plan.bias.len() / plan.groups;
        let gemm = Gemm::<X, W> {
            pass: &pass.pass,
            shape: pass.shape,
            weights: &pass.weights[group * packed..][..packed],
            bias: &plan.bias[group * bias..][..bias],
            channels: per_group,
            steps: pass.steps,
            input: input.wrapping_offset(ahead * channel_stride),
            channel_stride,
            zero: plan.input_zero,
            out: out.wrapping_offset((group * out_per_group) as isize * plan.out_channel),
            out_channel: plan.out_channel,
            finish: plan.finish(),
            scratch,
            weight: PhantomData,
        };
        // SAFETY: `run` has checked input and output; parts write disjoint channels or pixels.
        unsafe { gemm.run::<S>(channels, pixels) };
    }

    fn depthwise_rows<S: Lanes<Scalar = X::Output>>(&self, part: usize) {
        let plan = self.plan;
        let channels = plan.out_channels;
        let mine = share(plan.images() * channels, part, plan.threads);
        for image in 0..plan.images() {
            let (input, out) = self.image(image);
            for pass in &plan.passes {
                // SAFETY: `run` has checked input and output, the plan its instruction set.
                unsafe {
                    S::enter(depthwise::Rows::<X::Output, S> {
                        pass: &pass.pass,
                        input: input.cast(),
                        in_channel: plan.input.strides()[1],
                        weights: &pass.weights,
                        bias: &plan.bias,
                        multiplier: channels / plan.groups,
                        channels: of_image(&mine, image, channels),
                        out,
                        out_channel: plan.out_channel,
                        finish: plan.finish(),
                        isa: PhantomData,
                    })
                };
            }
        }
    }

    fn depthwise_channels<S: Lanes<Scalar = X::Output>>(&self, part: usize) {
        let plan = self.plan;
        for pass in &plan.passes {
            let rows = pass.pass.rows;
            let mine = share(plan.images() * rows, part, plan.threads);
            for image in 0..plan.images() {
                let (input, out) = self.image(image);
                // SAFETY: `run` has checked input and output, the plan its instruction set.
                unsafe {
                    S::enter(depthwise::Channels::<X::Output, S> {
                        pass: &pass.pass,
                        input: input.cast(),
                        weights: &pass.weights,
                        bias: &plan.bias,
                        rows: of_image(&mine, image, rows),
                        out,
                        finish: plan.finish(),
                        isa: PhantomData,
                    })
                };
            }
        }
    }
}
