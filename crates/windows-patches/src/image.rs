//! Images as strided views: any channel count, any element type, interleaved or planar.

use windows_core::{View, WindowError};

/// A batch of images, read as `[images, height, width, channels]` whatever its memory looks like.
///
/// No pixel is copied: interleaved and planar memory differ in their strides only. One image is a batch
/// of one, and the frames of a video are a batch.
///
/// # Example
/// ```
/// use windows_patches::ImageView;
///
/// let pixels: Vec<u8> = (0..24).collect();
/// let interleaved = ImageView::interleaved(&pixels, [2, 4, 3])?; // 2 x 4 pixels of 3 channels
/// let planar = ImageView::planar(&pixels, [3, 2, 4])?; // 3 planes of 2 x 4
/// assert_eq!(interleaved.shape(), planar.shape());
/// assert_eq!(interleaved.pixels().get([0, 1, 0, 2]), Some(&14));
/// assert_eq!(planar.pixels().get([0, 1, 0, 2]), Some(&20));
/// # Ok::<(), windows_patches::WindowError>(())
/// ```
#[derive(Clone, Copy, Debug)]
pub struct ImageView<'a, T>(View<'a, T, 4>);

impl<'a, T> ImageView<'a, T> {
    /// One image, `[height, width, channels]`, channels innermost: what decoders give.
    ///
    /// # Errors
    /// The slice has another number of elements.
    pub fn interleaved(data: &'a [T], [h, w, c]: [usize; 3]) -> Result<Self, WindowError> {
        Self::interleaved_batch(data, [1, h, w, c])
    }

    /// One image, `[channels, height, width]`, plane after plane.
    ///
    /// # Errors
    /// The slice has another number of elements.
    pub fn planar(data: &'a [T], [c, h, w]: [usize; 3]) -> Result<Self, WindowError> {
        Self::planar_batch(data, [1, c, h, w])
    }

    /// Images of one size, `[images, height, width, channels]`.
    ///
    /// # Errors
    /// The slice has another number of elements.
    pub fn interleaved_batch(data: &'a [T], shape: [usize; 4]) -> Result<Self, WindowError> {
        Ok(Self(View::new(data, shape)?))
    }

    /// Images of one size, `[images, channels, height, width]`.
    ///
    /// # Errors
    /// The slice has another number of elements.
    pub fn planar_batch(data: &'a [T], shape: [usize; 4]) -> Result<Self, WindowError> {
        Ok(Self(View::new(data, shape)?.permute([0, 2, 3, 1])?))
    }

    /// Any view of `[images, height, width, channels]`: a crop, a mirrored image, every second frame.
    #[must_use]
    pub fn from_view(pixels: View<'a, T, 4>) -> Self {
        Self(pixels)
    }

    /// The view itself.
    #[must_use]
    pub fn pixels(&self) -> &View<'a, T, 4> {
        &self.0
    }

    /// `[images, height, width, channels]`.
    #[must_use]
    pub fn shape(&self) -> [usize; 4] {
        let shape = self.0.shape();
        [shape[0], shape[1], shape[2], shape[3]]
    }
}
