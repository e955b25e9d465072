//! The orders in which models and libraries want patches and the values in them.

use windows_core::{Axes, Dyn, Layout, WindowError, positions};

/// An order of patches, of the values in a patch, and a shape.
///
/// `P` is the number of patches of an image in raster order, `h w` the height and width of a patch, `C`
/// the channels. Every axis below comes after one for the images, except in `Qwen2Vl`.
///
/// | order | shape | values of a patch | source |
/// | --- | --- | --- | --- |
/// | `Grid` | rows, columns, h, w, C | h, w, C | as the patches lie in the image |
/// | `Vit` | P, C h w | C, h, w | a convolution's weight, flattened |
/// | `Mae`, `Siglip2` | P, h w C | h, w, C | MAE's `patchify`, `convert_image_to_patches` |
/// | `Pix2Struct` | P, 2 + h w C | row and column from 1, then h, w, C | `extract_flattened_patches` |
/// | `Qwen2Vl` | P, C T h w | C, T, h, w; patches in blocks of m x m | `Qwen2VLImageProcessor` |
/// | `TensorFlow` | rows, columns, h w C | h, w, C | `tf.image.extract_patches` |
/// | `Jax` | rows, columns, C h w | C, h, w | `conv_general_dilated_patches` |
/// | `Torch` | C h w, P | C, h, w | `torch.nn.functional.unfold` |
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Order {
    /// As patches lie in the image: rows, columns, height, width, channels.
    #[default]
    Grid,
    /// Tokens of a vision transformer whose patch embedding was a convolution.
    Vit,
    /// Tokens of a masked autoencoder.
    Mae,
    /// Tokens of SigLIP 2.
    Siglip2,
    /// Tokens of Pix2Struct, each with the numbers of its row and its column in front.
    Pix2Struct,
    /// Tokens of Qwen2-VL and its successors: blocks of patches that are merged later are neighbours.
    Qwen2Vl,
    /// TensorFlow's and Keras's patches.
    TensorFlow,
    /// JAX's patches, channels first.
    Jax,
    /// Columns of torch's `unfold`.
    Torch,
}

windows_core::names!(Order:
    Grid = "grid", Vit = "vit", Mae = "mae", Siglip2 = "siglip2", Pix2Struct = "pix2struct",
    Qwen2Vl = "qwen2-vl", TensorFlow = "tf", Jax = "jax", Torch = "torch",
);

/// The axes of all patches, as they are cut: see [`Parts`].
const TIME: usize = 0;
const FRAME: usize = 1;
const BLOCK_ROW: usize = 2;
const ROW: usize = 3;
const BLOCK_COLUMN: usize = 4;
const COLUMN: usize = 5;
const Y: usize = 6;
const X: usize = 7;
pub(crate) const CHANNEL: usize = 8;

const TIMES: &[usize] = &[TIME, FRAME];
const RASTER: &[usize] = &[BLOCK_ROW, ROW, BLOCK_COLUMN, COLUMN];
const LAST: &[usize] = &[Y, X, CHANNEL];
const FIRST: &[usize] = &[CHANNEL, Y, X];

impl Order {
    /// Numbers in front of each patch.
    pub(crate) const fn prefix(self) -> usize {
        if matches!(self, Self::Pix2Struct) { 2 } else { 0 }
    }

    /// Whether patches are one axis, so that there may be a limit to their number.
    pub(crate) const fn has_tokens(self) -> bool {
        !matches!(self, Self::Grid | Self::TensorFlow | Self::Jax | Self::Torch)
    }

    /// Whether patches packed as they lie in the image are in this order already.
    pub(crate) const fn is_packed(self) -> bool {
        matches!(self, Self::Grid | Self::Mae | Self::Siglip2 | Self::TensorFlow)
    }

    /// Which axes lie in which of the three axes of memory: images, rows and values of a row.
    const fn memory(self) -> [&'static [usize]; 3] {
        match self {
            Self::Grid | Self::Mae | Self::Siglip2 | Self::Pix2Struct | Self::TensorFlow => {
                [TIMES, RASTER, LAST]
            }
            Self::Vit | Self::Jax => [TIMES, RASTER, FIRST],
            Self::Torch => [TIMES, FIRST, RASTER],
            Self::Qwen2Vl => {
                [&[], &[TIME, BLOCK_ROW, BLOCK_COLUMN, ROW, COLUMN], &[CHANNEL, FRAME, Y, X]]
            }
        }
    }
}

/// The lengths of the nine axes that every order is a permutation of: time and frames of it, blocks of
/// rows and rows of a block, the same of columns, height, width, channels.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Parts(pub(crate) [usize; 9]);

impl Parts {
    fn product(&self, axes: &[usize]) -> usize {
        axes.iter().map(|&axis| self.0[axis]).product()
    }

    /// Images, rows and values of a row in memory, before any prefix or limit.
    pub(crate) fn memory(&self, order: Order) -> [usize; 3] {
        order.memory().map(|axes| self.product(axes))
    }

    /// Where the nine axes lie in memory of three axes, `rows` of them and `prefix` values in front of
    /// each; with the offset of the first value.
    pub(crate) fn layout(
        &self,
        order: Order,
        rows: usize,
    ) -> Result<(usize, Layout<Dyn>), WindowError> {
        let [images, used, width] = self.memory(order);
        let prefix = order.prefix();
        let memory = Layout::<Dyn>::contiguous([images, rows, prefix + width])?;
        let (memory, _) = memory.slice(1, 0..used, 1)?;
        let (mut layout, first) = memory.slice(2, prefix..prefix + width, 1)?;
        // From the last axis to the first, so that those still to come keep their numbers.
        for (axis, parts) in order.memory().into_iter().enumerate().rev() {
            for (at, _) in parts.iter().enumerate().skip(1) {
                layout = layout.split(axis + at - 1, self.product(&parts[at..]))?;
            }
        }
        // The nine axes are there, in memory order; without axes for the images there is one of length 1.
        let named = order.memory().concat();
        let spare = layout.ndim() - named.len();
        let at = |axis: usize| named.iter().position(|&named| named == axis);
        let mut permutation: Axes<usize> = (0..9).filter_map(at).map(|at| at + spare).collect();
        (0..spare).for_each(|axis| permutation.push(axis));
        let layout = layout.permute(&permutation)?;
        let strides = layout.strides()[..9].to_vec();
        Ok((first as usize, Layout::new(&self.0[..], &strides)?))
    }

    /// Row and column of every patch, and the time of its frames, in the order of the tokens.
    pub(crate) fn positions(&self, order: Order) -> impl Iterator<Item = [usize; 3]> {
        let tokens: Vec<usize> = match order {
            Order::Qwen2Vl => vec![TIME, BLOCK_ROW, BLOCK_COLUMN, ROW, COLUMN],
            _ => [TIMES, RASTER].concat(),
        };
        let parts = *self;
        let lens: Vec<usize> = tokens.iter().map(|&axis| parts.0[axis]).collect();
        positions::<Dyn>(&lens).map(move |position| {
            let mut at = [0; 9];
            tokens.iter().zip(position.iter()).for_each(|(&axis, &value)| at[axis] = value);
            let joined = |outer: usize, inner: usize| at[outer] * parts.0[inner] + at[inner];
            let time = if order == Order::Qwen2Vl { at[TIME] } else { joined(TIME, FRAME) };
            [time, joined(BLOCK_ROW, ROW), joined(BLOCK_COLUMN, COLUMN)]
        })
    }
}
