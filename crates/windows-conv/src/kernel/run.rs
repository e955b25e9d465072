//! The safe way into the kernels.
//!
//! ```text
//! check the span of the input, the lengths of output and scratch
//! each thread:
//!     depthwise:        its share of the channels, or of the rows, of all images
//!     multiplication:   until no unit is left:
//!         take one: a pass, an image and group, a block of pixels or a band, a part of the channels
//!         pack the block or the strip, unless this thread's unit before had the same
//!         multiply
//! ```
//!
//! Units are taken, not dealt out: a thread that starts late, or is interrupted, does fewer of them.

use std::ops::Range;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::depthwise;
use super::element::Input;
use super::job::{ALIGN, Job};
use crate::program::{Algorithm, PassProgram, Program};
use crate::shape::{Shape, Tiles};

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

/// Runs a program on data that has the layout it was made for.
///
/// # Panics
/// Unless `input` has an element for every offset of the program's input from `offset`, `out` and `scratch`
/// the lengths of the program.
pub(crate) fn run<X: Input>(
    program: &Program<X>,
    input: &[X],
    offset: usize,
    out: &mut [X::Lane],
    scratch: &mut [X::Lane],
) {
    if program.passes.is_empty() {
        return; // nothing of the input is read
    }
    let (low, high) = program.input.span().unwrap_or((0, 0));
    let inside = |at: isize| offset.checked_add_signed(at).is_some_and(|at| at < input.len());
    assert!(program.input.is_empty() || (inside(low) && inside(high)), "the input fits the plan");
    assert_eq!(out.len(), program.output_len(), "the output fits the plan");
    assert!(scratch.len() >= program.scratch_len(), "the scratch memory fits the plan");
    // A pointer into all of it, not into what begins at `offset`: along a reversed axis elements lie before.
    let input = input.as_ptr().wrapping_add(offset);
    let next = AtomicUsize::new(0);
    let work = Work { program, input, out: Shared(out.as_mut_ptr()), next };
    work.split(0..program.threads, scratch);
}

struct Work<'a, X: Input> {
    program: &'a Program<X>,
    input: *const X,
    out: Shared<X::Lane>,
    /// The unit of a multiplication that no thread has begun yet.
    next: AtomicUsize,
}

// SAFETY: a plan is shared data; the input comes from a `&[X]`, the output is `Shared`.
unsafe impl<X: Input> Sync for Work<'_, X> {}

impl<X: Input> Work<'_, X> {
    #[cfg(feature = "rayon")]
    fn split(&self, parts: Range<usize>, scratch: &mut [X::Lane]) {
        if parts.len() <= 1 {
            return self.part(parts.start, scratch);
        }
        let middle = parts.start + parts.len() / 2;
        let (low, high) = scratch.split_at_mut(self.program.scratch * (middle - parts.start));
        rayon::join(
            || self.split(parts.start..middle, low),
            || self.split(middle..parts.end, high),
        );
    }

    #[cfg(not(feature = "rayon"))]
    fn split(&self, parts: Range<usize>, scratch: &mut [X::Lane]) {
        for part in parts {
            self.part(part, scratch);
        }
    }

    fn part(&self, part: usize, scratch: &mut [X::Lane]) {
        let program = self.program;
        match program.algorithm {
            Algorithm::Gemm => self.gemm(scratch),
            Algorithm::DepthwiseRows => self.depthwise_rows(part),
            Algorithm::DepthwiseChannels => self.depthwise_channels(part),
            Algorithm::Reference => unreachable!("the reference needs no kernel"),
        }
    }

    /// Element 0, .., 0 of a channel of an image, and its output.
    fn image(&self, image: usize) -> (*const X, *mut X::Lane) {
        let program = self.program;
        (
            self.input.wrapping_offset(image as isize * program.input.strides()[0]),
            self.out.0.wrapping_offset(image as isize * program.out_image),
        )
    }

    /// Takes unit after unit of the work, until there is none left.
    fn gemm(&self, scratch: &mut [X::Lane]) {
        let program = self.program;
        let times = program.images() * program.groups;
        // A plan's scratch has room to be aligned.
        let skip = scratch.as_ptr().align_offset(ALIGN);
        let scratch = &mut scratch[skip..];
        let mut packed = None;
        loop {
            let mut unit = self.next.fetch_add(1, Ordering::Relaxed);
            // Units are numbered pass by pass, image by image, block by block.
            let mut passes = program.passes.iter().enumerate();
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
            let out_per_group = program.channels() / program.groups;
            let panel = program.kernels.tiles.panel(shape.channel_lanes());
            let panels = share(out_per_group.div_ceil(panel), part, shape.parts);
            let channels = panels.start * panel..(panels.end * panel).min(out_per_group);
            let strip = Some((index, time, block));
            self.unit(pass, shape, time, block, channels, packed == strip, scratch);
            packed = strip;
        }
    }

    /// Some channels of a block of pixels, or of a band that may be packed already.
    #[expect(clippy::too_many_arguments, reason = "the coordinates of a unit")]
    fn unit(
        &self,
        pass: &PassProgram<X::Lane>,
        shape: &Shape,
        time: usize,
        block: usize,
        channels: Range<usize>,
        packed: bool,
        scratch: &mut [X::Lane],
    ) {
        let program = self.program;
        let (image, group) = (time / program.groups, time % program.groups);
        let per_group = program.input.shape()[1] / program.groups;
        let out_per_group = program.channels() / program.groups;
        let (input, out) = self.image(image);
        let channel_stride = program.input.strides()[1];
        let input = input.wrapping_offset((group * per_group) as isize * channel_stride);
        let out = out.wrapping_offset((group * out_per_group) as isize * program.out_channel);
        let weights = pass.weights.len() / program.groups;
        let weights = &pass.weights[group * weights..][..weights];
        let bias = program.bias.len() / program.groups;
        let bias = &program.bias[group * bias..][..bias];
        let job = Job::<X> {
            pass: &pass.pass,
            buffered: shape.buffered,
            weights,
            bias,
            channels: per_group,
            steps: pass.steps,
            input,
            channel_stride,
            zero: program.input_zero,
            out,
            out_channel: program.out_channel,
            finish: program.finish(),
            scratch,
        };
        let mut job = job.checked();
        let kernels = program.kernels;
        // SAFETY: *set* by planning; *inputs*, *outputs* and *room* by the checks of `run`, for units are disjoint
        // channels or pixels; *operands* by `Job::checked` and by planning.
        unsafe {
            match &shape.tiles {
                Tiles::Pixels { block: most } => {
                    let pixels = block * most..((block + 1) * most).min(pass.pass.pixels());
                    (kernels.by_pixels.call)(&mut job, channels, pixels);
                }
                Tiles::Channels(bands) => {
                    let band = &bands.get(block);
                    if !packed {
                        (kernels.pack_strip)(&mut job, bands, band);
                    }
                    (kernels.by_channels.call)(&mut job, bands, band, channels);
                }
                Tiles::Squares(squares) => {
                    let band = &squares.bands.get(block);
                    if !packed {
                        (kernels.plain().transform)(&mut job, squares, band);
                    }
                    (kernels.plain().by_squares.call)(&mut job, squares, band, channels);
                }
            }
        }
    }

    fn depthwise_rows(&self, part: usize) {
        let program = self.program;
        let channels = program.channels();
        let mine = share(program.images() * channels, part, program.threads);
        for image in 0..program.images() {
            let (input, out) = self.image(image);
            for pass in &program.passes {
                // SAFETY: *set* by planning; *inputs* and *outputs* by the checks of `run`, for shares are disjoint.
                unsafe {
                    (program.kernels.plain().depthwise_rows.call)(depthwise::Rows {
                        pass: &pass.pass,
                        input: input.cast::<X::Lane>(),
                        in_channel: program.input.strides()[1],
                        weights: &pass.weights,
                        bias: &program.bias,
                        multiplier: channels / program.groups,
                        channels: of_image(&mine, image, channels),
                        out,
                        out_channel: program.out_channel,
                        finish: program.finish(),
                        simd: (),
                    })
                };
            }
        }
    }

    fn depthwise_channels(&self, part: usize) {
        let program = self.program;
        for pass in &program.passes {
            let rows = pass.pass.rows;
            let mine = share(program.images() * rows, part, program.threads);
            for image in 0..program.images() {
                let (input, out) = self.image(image);
                // SAFETY: *set* by planning; *inputs* and *outputs* by the checks of `run`, for shares are disjoint.
                unsafe {
                    (program.kernels.plain().depthwise_channels.call)(depthwise::Channels {
                        pass: &pass.pass,
                        input: input.cast::<X::Lane>(),
                        weights: &pass.weights,
                        bias: &program.bias,
                        rows: of_image(&mine, image, rows),
                        out,
                        finish: program.finish(),
                        simd: (),
                    })
                };
            }
        }
    }
}
