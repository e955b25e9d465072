//! Images of the `image` crate, in and out without a copy. Feature `image`.

use core::ops::Deref;

use image::{DynamicImage, ImageBuffer, Pixel};

use crate::{ImageView, PatchError, WindowError};

impl<'a, P, C> From<&'a ImageBuffer<P, C>> for ImageView<'a, P::Subpixel>
where
    P: Pixel,
    C: Deref<Target = [P::Subpixel]>,
{
    /// The pixels where they are: `[1, height, width, channels]`, no copy.
    fn from(buffer: &'a ImageBuffer<P, C>) -> Self {
        let (width, height) = buffer.dimensions();
        let shape = [height as usize, width as usize, usize::from(P::CHANNEL_COUNT)];
        // The container of a buffer may be longer than its pixels.
        let samples: &'a [P::Subpixel] = buffer.as_raw();
        Self::interleaved(&samples[..shape.iter().product()], shape)
            .expect("a buffer holds the samples of its pixels")
    }
}

/// An image whose sample type is known at run time, viewed without a copy.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub enum DynamicView<'a> {
    /// 8-bit samples.
    U8(ImageView<'a, u8>),
    /// 16-bit samples.
    U16(ImageView<'a, u16>),
    /// 32-bit float samples.
    F32(ImageView<'a, f32>),
}

impl<'a> DynamicView<'a> {
    /// Views an image, or `None` for a kind of image that this crate does not know.
    ///
    /// # Example
    /// ```
    /// use windows_patches::{DynamicView, Patchify};
    ///
    /// let image = image::DynamicImage::ImageRgb8(image::RgbImage::new(8, 4));
    /// let Some(DynamicView::U8(view)) = DynamicView::new(&image) else { panic!("8 bits") };
    /// assert_eq!(view.shape(), [1, 4, 8, 3]); // images, height, width, channels
    /// assert_eq!(Patchify::new(4).over(view.shape())?.shape(), [1, 1, 2, 4, 4, 3]);
    /// # Ok::<(), windows_patches::PatchError>(())
    /// ```
    #[must_use]
    pub fn new(image: &'a DynamicImage) -> Option<Self> {
        Some(match image {
            DynamicImage::ImageLuma8(buffer) => Self::U8(buffer.into()),
            DynamicImage::ImageLumaA8(buffer) => Self::U8(buffer.into()),
            DynamicImage::ImageRgb8(buffer) => Self::U8(buffer.into()),
            DynamicImage::ImageRgba8(buffer) => Self::U8(buffer.into()),
            DynamicImage::ImageLuma16(buffer) => Self::U16(buffer.into()),
            DynamicImage::ImageLumaA16(buffer) => Self::U16(buffer.into()),
            DynamicImage::ImageRgb16(buffer) => Self::U16(buffer.into()),
            DynamicImage::ImageRgba16(buffer) => Self::U16(buffer.into()),
            DynamicImage::ImageRgb32F(buffer) => Self::F32(buffer.into()),
            DynamicImage::ImageRgba32F(buffer) => Self::F32(buffer.into()),
            _ => return None,
        })
    }
}

/// Interleaved samples as an image buffer, without a copy: a packed patch, a stitched image.
///
/// # Errors
/// [`PatchError::PixelType`] if the pixel has another number of channels; a number of samples other
/// than the shape has, or more than an image buffer can count.
///
/// # Example
/// ```
/// use windows_patches::image_from;
///
/// let image = image_from::<image::Rgb<u8>>(vec![7; 24], [2, 4, 3])?; // height, width, channels
/// assert_eq!(image.dimensions(), (4, 2)); // width, height
/// assert!(image_from::<image::Luma<u8>>(vec![7; 24], [2, 4, 3]).is_err());
/// # Ok::<(), windows_patches::PatchError>(())
/// ```
pub fn image_from<P: Pixel>(
    samples: Vec<P::Subpixel>,
    shape: [usize; 3],
) -> Result<ImageBuffer<P, Vec<P::Subpixel>>, PatchError> {
    let [height, width, channels] = shape;
    let pixel = usize::from(P::CHANNEL_COUNT);
    if pixel != channels {
        return Err(PatchError::PixelType { pixel, channels });
    }
    ImageView::interleaved(&samples, shape)?;
    let side = |axis, len: usize| {
        u32::try_from(len).map_err(|_| WindowError::ProductOverflow {
            what: "pixels",
            axis,
            product: 1,
            len,
        })
    };
    let (width, height) = (side(1, width)?, side(0, height)?);
    Ok(ImageBuffer::from_raw(width, height, samples).expect("the samples of the shape"))
}
