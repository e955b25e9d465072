//! The safe way into the kernels.

use std::marker::PhantomData;
use std::ops::Range;
use std::sync::atomic::{AtomicUsize, Ordering};

use windows_core::kernel::Isa;

use super::depthwise;
use super::element::Operand;
use super::job::{ALIGN, Job};
use super::lanes::{Lanes, Scalar};
use crate::plan::{Algorithm, ConvPlan, PassPlan};
use crate::shape::{Shape, TileSize, Tiles};

/// Runs `$body` with `$lanes` standing for the registers of an instruction set.
macro_rules! with_lanes {
    ($isa:expr, $scalar:ty, $lanes:ident => $body:expr) => {
        match $isa {
            Isa::AVX512 => {
                type $lanes<T> = <T as Scalar>::Avx512;
                $body
            }
            Isa::AVX2 => {
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
    if plan.passes.is_empty() {
        return; // nothing of the input is read
    }
    let (low, high) = plan.input.span().unwrap_or((0, 0));
    let inside = |at: isize| offset.checked_add_signed(at).is_some_and(|at| at < input.len());
    assert!(plan.input.is_empty() || (inside(low) && inside(high)), "the input fits the plan");
    assert_eq!(out.len(), plan.output_len(), "the output fits the plan");
    assert!(scratch.len() >= plan.scratch_len(), "the scratch memory fits the plan");
    // A pointer into all of it, not into what begins at `offset`: along a reversed axis elements lie before.
    let input = input.as_ptr().wrapping_add(offset);
    let next = AtomicUsize::new(0);
    let work = Work { plan, input, out: Shared(out.as_mut_ptr()), next };
    work.split(0..plan.threads, scratch);
}

struct Work<'a, X: Operand<W>, W> {
    plan: &'a ConvPlan<X, W>,
    input: *const X,
    out: Shared<X::Output>,
    /// The unit of a multiplication that no thread has begun yet.
    next: AtomicUsize,
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
            Algorithm::Gemm => self.gemm::<L<X::Output>>(scratch),
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

    /// Takes unit after unit of the work, until there is none left.
    fn gemm<S: Lanes<Scalar = X::Output>>(&self, scratch: &mut [X::Output]) {
        let plan = self.plan;
        let times = plan.images() * plan.groups;
        // A plan's scratch has room to be aligned.
        let skip = scratch.as_ptr().align_offset(ALIGN);
        let scratch = &mut scratch[skip..];
        let mut packed = None;
        loop {
            let mut unit = self.next.fetch_add(1, Ordering::Relaxed);
            // Units are numbered pass by pass, image by image, block by block.
            let mut passes = plan.passes.iter().enumerate();
            let (index, pass, shape, blocks) = loop {
                let Some((index, pass)) = passes.next() else { return };
                let Some(shape) = &pass.shape else { continue };
                let blocks = match &shape.tiles {
                    Tiles::Pixels { block } => pass.pass.pixels().div_ceil(*block),
                    Tiles::Channels(bands) => bands.len(),
                    Tiles::Squares(squares) => squares.bands.len(),
                };
                let units = times * blocks * shape.parts;
                if unit < units {
                    break (index, pass, shape, blocks);
                }
                unit -= units;
            };
            let (unit, part) = (unit / shape.parts, unit % shape.parts);
            let (time, block) = (unit / blocks, unit % blocks);
            let out_per_group = plan.out_channels / plan.groups;
            let panel = TileSize::of::<S>().panel(shape.channel_lanes());
            let panels = share(out_per_group.div_ceil(panel), part, shape.parts);
            let channels = panels.start * panel..(panels.end * panel).min(out_per_group);
            let strip = Some((index, time, block));
            self.unit::<S>(pass, shape, time, block, channels, packed == strip, scratch);
            packed = strip;
        }
    }

    /// Some channels of a block of pixels, or of a band that may be packed already.
    #[expect(clippy::too_many_arguments, reason = "the coordinates of a unit")]
    fn unit<S: Lanes<Scalar = X::Output>>(
        &self,
        pass: &PassPlan<X::Output>,
        shape: &Shape,
        time: usize,
        block: usize,
        channels: Range<usize>,
        packed: bool,
        scratch: &mut [X::Output],
    ) {
        let plan = self.plan;
        let (image, group) = (time / plan.groups, time % plan.groups);
        let per_group = plan.input.shape()[1] / plan.groups;
        let out_per_group = plan.out_channels / plan.groups;
        let (input, out) = self.image(image);
        let channel_stride = plan.input.strides()[1];
        let input = input.wrapping_offset((group * per_group) as isize * channel_stride);
        let out = out.wrapping_offset((group * out_per_group) as isize * plan.out_channel);
        let weights = pass.weights.len() / plan.groups;
        let weights = &pass.weights[group * weights..][..weights];
        let bias = plan.bias.len() / plan.groups;
        let bias = &plan.bias[group * bias..][..bias];
        let mut job = Job::<X, W> {
            pass: &pass.pass,
            buffered: shape.buffered,
            weights,
            bias,
            channels: per_group,
            steps: pass.steps,
            input,
            channel_stride,
            zero: plan.input_zero,
            out,
            out_channel: plan.out_channel,
            finish: plan.finish(),
            scratch,
            weight: PhantomData,
        };
        // SAFETY: `run` has checked input and output, the plan its instruction set; units are disjoint channels
        // or pixels.
        unsafe {
            match &shape.tiles {
                Tiles::Pixels { block: most } => {
                    let pixels = block * most..((block + 1) * most).min(pass.pass.pixels());
                    job.by_pixels::<S>(channels, pixels);
                }
                Tiles::Channels(bands) => {
                    let band = &bands.get(block);
                    if !packed {
                        job.pack_strip::<S>(bands, band);
                    }
                    job.by_channels::<S>(bands, band, channels);
                }
                Tiles::Squares(squares) => {
                    let band = &squares.bands.get(block);
                    if !packed {
                        job.transform::<S>(squares, band);
                    }
                    job.by_squares::<S>(squares, band, channels);
                }
            }
        }
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
