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

    /// The kernel of the first pass.
    pub(crate) fn kernel(&self) -> Kernel {
        let shape = self.passes.first().and_then(|pass| pass.shape.as_ref());
        let way = match (self.algorithm, shape.map(|shape| &shape.tiles)) {
            (Algorithm::Reference, _) => Way::Reference,
            (Algorithm::DepthwiseRows, _) => Way::DepthwisePixels,
            (Algorithm::DepthwiseChannels, _) => Way::DepthwiseChannels,
            (Algorithm::Gemm, Some(Tiles::Channels(_))) => Way::Channels,
            (Algorithm::Gemm, Some(Tiles::Squares(_))) => Way::Winograd,
            (Algorithm::Gemm, _) => Way::Pixels,
        };
        let tile = self.kernels.tiles.tile(way.channel_lanes());
        Kernel { isa: self.kernels.isa, element: X::ELEMENT, tile, way }
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

impl Way {
    fn channel_lanes(self) -> bool {
        matches!(self, Self::Channels | Self::Winograd | Self::DepthwiseChannels)
    }
}

/// Which kernel a plan chose, and its tile.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Kernel {
    isa: Isa,
    /// Of the input.
    element: &'static str,
    /// What is broadcast, times the lanes.
    tile: (usize, usize),
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
        if self.way.channel_lanes() { "channels" } else { "pixels" }
    }
}

/// Instruction set, element of the input, tile and way: `avx512-f32-14x32-channels`.
impl fmt::Display for Kernel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { isa, element, tile: (rows, lanes), way } = self;
        match way {
            Way::Pixels => write!(f, "{isa}-{element}-{rows}x{lanes}-pixels"),
            Way::Channels => write!(f, "{isa}-{element}-{rows}x{lanes}-channels"),
            Way::Winograd => write!(f, "{isa}-{element}-{rows}x{lanes}-winograd"),
            Way::DepthwisePixels => write!(f, "{isa}-{element}-depthwise-pixels"),
            Way::DepthwiseChannels => write!(f, "{isa}-{element}-depthwise-channels"),
            Way::Reference => write!(f, "{element}-reference"),
        }
    }
}
