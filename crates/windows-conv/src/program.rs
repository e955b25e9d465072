//! What runs: everything that a plan has decided, and nothing of what it decided from.
//!
//! Planning makes a [`Program`], kernels and the plain loops read it.

use std::fmt;
use std::sync::Arc;

use windows_core::kernel::Isa;
use windows_core::{Dyn, Layout};

use crate::kernel::element::Input;
use crate::kernel::finish::Finish;
use crate::kernel::table::Kernels;
use crate::pass::Pass;
use crate::shape::{Shape, Tiles};
use crate::spec::Activation;

/// What is done with the data.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Algorithm {
    Gemm,
    DepthwiseRows,
    DepthwiseChannels,
    Reference,
}

/// One pass, ready to run.
#[derive(Clone, Debug)]
pub(crate) struct PassProgram<T> {
    pub pass: Pass,
    /// Of a multiplication.
    pub shape: Option<Shape>,
    /// Lanes along K: channels (pairs of them) times taps.
    pub steps: usize,
    /// Shared by passes with the same taps.
    pub weights: Arc<Vec<T>>,
}

/// A convolution of inputs of one layout.
#[derive(Debug)]
pub(crate) struct Program<X: Input> {
    pub input: Layout<Dyn>,
    pub groups: usize,
    /// Shape of the output, `[N, M, spatial..]` whatever its order in memory.
    pub output: Vec<usize>,
    pub out_image: isize,
    pub out_channel: isize,
    pub passes: Vec<PassProgram<X::Lane>>,
    /// By channel, those of each group padded to whole panels.
    pub bias: Vec<X::Lane>,
    /// By channel, what outputs are whose windows have nothing of the input; none if there are no such.
    pub blank: Vec<X::Lane>,
    pub activation: Activation<X::Lane>,
    pub input_zero: i32,
    /// Those of the instruction set that was chosen: what runs is called from here, and nothing is asked again.
    pub kernels: &'static Kernels<X>,
    pub algorithm: Algorithm,
    pub threads: usize,
    /// Elements a thread.
    pub scratch: usize,
}

impl<X: Input> Program<X> {
    pub(crate) fn images(&self) -> usize {
        self.input.shape()[0]
    }

    /// Output channels.
    pub(crate) fn channels(&self) -> usize {
        self.output[1]
    }

    pub(crate) fn output_len(&self) -> usize {
        self.output.iter().product()
    }

    /// Elements of scratch memory for all threads.
    pub(crate) fn scratch_len(&self) -> usize {
        self.scratch * self.threads
    }

    pub(crate) fn finish(&self) -> Option<Finish<X::Lane>> {
        (self.activation != Activation::None).then_some(Finish { activation: self.activation })
    }

    /// Writes every output as if its window had nothing of the input, where some have not.
    pub(crate) fn write_blank(&self, out: &mut [X::Lane]) {
        if self.blank.is_empty() {
        } else if self.out_channel == 1 {
            for pixel in out.chunks_exact_mut(self.channels()) {
                pixel.copy_from_slice(&self.blank);
            }
        } else {
            let planes = out.chunks_exact_mut(self.output[2..].iter().product());
            planes.zip(self.blank.iter().cycle()).for_each(|(plane, &value)| plane.fill(value));
        }
    }

    /// The kernel of the first pass, as the table calls it.
    pub(crate) fn kernel(&self) -> Kernel {
        let shape = self.passes.first().and_then(|pass| pass.shape.as_ref());
        let kernels = self.kernels;
        let (way, name) = match (self.algorithm, shape.map(|shape| &shape.tiles)) {
            (Algorithm::Reference, _) => (Way::Reference, X::REFERENCE),
            (Algorithm::DepthwiseRows, _) => {
                (Way::DepthwisePixels, kernels.plain().depthwise_rows.name)
            }
            (Algorithm::DepthwiseChannels, _) => {
                (Way::DepthwiseChannels, kernels.plain().depthwise_channels.name)
            }
            (Algorithm::Gemm, Some(Tiles::Channels(_))) => {
                (Way::Channels, kernels.by_channels.name)
            }
            (Algorithm::Gemm, Some(Tiles::Squares(_))) => {
                (Way::Winograd, kernels.plain().by_squares.name)
            }
            (Algorithm::Gemm, _) => (Way::Pixels, kernels.by_pixels.name),
        };
        Kernel { isa: kernels.isa, name, way }
    }
}

/// What a kernel multiplies, and what lies along the lanes of its registers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Way {
    Pixels,
    Channels,
    Winograd,
    DepthwisePixels,
    DepthwiseChannels,
    Reference,
}

/// Which kernel a plan chose. It prints as its name: instruction set, element of the input, tile and way, as in
/// `avx512-f32-14x32-channels`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Kernel {
    isa: Isa,
    name: &'static str,
    way: Way,
}

impl Kernel {
    /// The instruction set.
    #[must_use]
    pub fn isa(&self) -> Isa {
        self.isa
    }

    /// `"implicit-gemm"`, `"winograd"`, `"depthwise"` or `"reference"`.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self.way {
            Way::Pixels | Way::Channels => "implicit-gemm",
            Way::Winograd => "winograd",
            Way::DepthwisePixels | Way::DepthwiseChannels => "depthwise",
            Way::Reference => "reference",
        }
    }

    /// What lies along the lanes of a register: `"pixels"` or `"channels"`.
    #[must_use]
    pub fn lanes(&self) -> &'static str {
        match self.way {
            Way::Channels | Way::Winograd | Way::DepthwiseChannels => "channels",
            Way::Pixels | Way::DepthwisePixels | Way::Reference => "pixels",
        }
    }
}

impl fmt::Display for Kernel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name)
    }
}
