//! Convolution by implicit matrix multiplication, im2col and its adjoint, on plain strided arrays.
//!
//! A [`ConvPlan`] packs the weights once and then convolves any number of inputs of one layout, in
//! bounded scratch memory that the caller gives, without an allocation and without a reordered copy of
//! the input: `N x C x spatial` by axis, in memory as the strides of the view say. Results are the same
//! to the bit for any number of threads, any batch and any scratch size.
//!
//! ```
//! use windows_conv::{Activation, ConvPlan, ConvSpec, PlanOptions};
//! use windows_core::DynView;
//!
//! // A picture with its channels innermost, H x W x C in memory: permuted, not copied.
//! let pixels = vec![0.5f32; 32 * 32 * 3];
//! let x = DynView::new(&pixels, [1, 32, 32, 3])?.permute([0, 3, 1, 2])?;
//! let weights = vec![0.1f32; 16 * 3 * 3 * 3];
//! let w = DynView::new(&weights, [16, 3, 3, 3])?;
//!
//! let spec = ConvSpec::new([3, 3]).step(2).padding(1);
//! let options = PlanOptions { activation: Activation::Relu, ..PlanOptions::default() };
//! let plan = ConvPlan::with(&spec, x.layout(), &w, &options)?;
//! assert_eq!(plan.output_shape(), [1, 16, 16, 16]);
//! assert!(plan.scratch_len() * 4 <= 1 << 20);
//!
//! let mut out = vec![0.0; plan.output_len()];
//! let mut scratch = vec![0.0; plan.scratch_len()];
//! plan.run(&x, &mut out, &mut scratch)?;
//! # Ok::<(), windows_conv::ConvError>(())
//! ```
//!
//! | you want | you take |
//! | --- | --- |
//! | a layer: step, dilation, padding, groups, bias, activation | [`ConvSpec`], [`PlanOptions`], [`ConvPlan`] |
//! | its adjoint (`conv_transpose`, deconvolution, upsampling) | [`ConvSpec::transposed`] |
//! | one call | [`conv()`] |
//! | 3 x 3 layers with less than half of the products | [`Method::Winograd`] |
//! | mathematical convolution, weights flipped | [`ConvSpec::convolution`] |
//! | exact integers (ONNX `ConvInteger`) | [`ConvPlan`] of `u8` or `i8`, zero points and [`Overflow`] in [`PlanOptions`] |
//! | sound that arrives in chunks | [`CausalConv1d`] |
//! | the matrix itself (`unfold`, `im2col`, `extract_patches`), with or without a copy | [`Im2col`] |
//! | columns summed back (`fold`, `col2im`) | [`Im2col::fold_into`] |
//! | Sobel, Gauss and their like | [`NamedKernel`] |
//! | padding other than zero | [`pad_into`](windows_core::StridedView::pad_into) first |
//!
//! # How it runs
//!
//! Every case, forward or transposed and of any rank, becomes *passes*: outputs that all read through
//! the same taps, with a table of an offset per outer tap and row. A pass is a product of matrices,
//! weights times the matrix of im2col, which is never made; a tile of outputs stays in registers while K
//! runs. There are two ways, of which a plan takes the one of the least work. With *pixels along the
//! lanes*, panels of the matrix are packed a block at a time, straight from the input, and weights are
//! broadcast: 1 x 1 windows over large images. With *channels along the lanes*, pixels are broadcast from
//! a strip that has each input of a band of rows once, not once for each tap; taps in the padding of a row
//! are left out, and no lane is lost at the end of one. Threads take blocks or bands from a counter until
//! there are none left. Convolutions with one input channel per output have kernels of their own.
//!
//! Windows of 3 x 3 at step 1 may be asked for with fewer products, by [`Method::Winograd`]: its errors are bounded
//! differently, so it is not taken unasked.
//!
//! All of it is written once, over the registers of AVX-512, AVX2 with FMA, or plain arrays that the
//! compiler vectorises, and compiled in this crate, once an element and an instruction set; [`ConvPlan::kernel`] says what was chosen, and the environment variable
//! `WINDOWS_ISA` or [`PlanOptions::isa`] caps it.
#![deny(unsafe_code)]

mod band;
mod causal;
mod engine;
mod error;
mod im2col;
mod kernel;
mod memory;
mod named;
mod pass;
mod plan;
mod planner;
mod program;
mod reference;
mod shape;
mod spec;
mod square;
mod weights;

pub use causal::CausalConv1d;
pub use error::ConvError;
pub use im2col::{ColumnOrder, Im2col, col2im, im2col};
pub use kernel::element::Operand;
pub use named::NamedKernel;
pub use plan::{ConvPlan, conv};
pub use program::Kernel;
pub use spec::{Activation, ConvSpec, MOST_THREADS, Method, OutputOrder, Overflow, PlanOptions};
