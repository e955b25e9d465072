//! Which patches: size, step and edge, and the plan that they make over an image.

use windows_core::{
    Border, Const, DynView, Edge, Extent, Grid, IntoAxes, View, WindowError, WindowSpec, Windows,
};

use crate::{ImageView, PatchError};

/// What patches are wanted, before an image is known.
///
/// # Example
/// ```
/// use windows_patches::{ImageView, Patchify};
///
/// let pixels: Vec<u8> = (0..48).collect(); // 4 x 4 pixels, RGB
/// let image = ImageView::interleaved(&pixels, [4, 4, 3])?;
/// let plan = Patchify::new([2, 2]).over(image.shape())?;
/// assert_eq!(plan.shape(), [1, 2, 2, 2, 2, 3]); // images, grid, patch, channels
/// let patches = plan.pack(&image)?;
/// assert_eq!(patches[..12], [0, 1, 2, 3, 4, 5, 12, 13, 14, 15, 16, 17]);
/// # Ok::<(), windows_patches::PatchError>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Patchify {
    size: [usize; 2],
    step: Option<[usize; 2]>,
    edge: Option<Edge>,
    error: Option<WindowError>,
}

impl Patchify {
    /// Patches of this height and width side by side; one number means both.
    #[must_use]
    pub fn new(size: impl IntoAxes<Const<2>>) -> Self {
        let mut patchify = Self { size: [1; 2], step: None, edge: None, error: None };
        match size.into_axes("size", Some(2)) {
            Ok(size) => patchify.size = size,
            Err(error) => patchify.error = Some(error),
        }
        patchify
    }

    /// The distance between neighbouring patches, instead of their size.
    #[must_use]
    pub fn step(mut self, step: impl IntoAxes<Const<2>>) -> Self {
        match step.into_axes("step", Some(2)) {
            Ok(step) => self.step = Some(step),
            Err(error) => self.error = self.error.or(Some(error)),
        }
        self
    }

    /// What happens where patches do not fit. Without it, a size that does not fit is an error: pixels
    /// are never dropped silently.
    #[must_use]
    pub fn edge(mut self, edge: Edge) -> Self {
        self.edge = Some(edge);
        self
    }

    /// The patches of images of this shape, `[images, height, width, channels]`.
    ///
    /// # Errors
    /// [`PatchError::DoesNotFit`] if pixels are left over and no edge was named; what
    /// [`Grid::new`](windows_core::Grid::new) refuses.
    pub fn over(&self, shape: [usize; 4]) -> Result<PatchPlan, PatchError> {
        if let Some(error) = self.error {
            return Err(error.into());
        }
        let [height, width] = self.size;
        let [down, right] = self.step.unwrap_or(self.size);
        let extent = [Extent::Each, Extent::Size(height), Extent::Size(width), Extent::Whole];
        let spec =
            WindowSpec::of(extent).step([1, down, right, 1]).edge(self.edge.unwrap_or(Edge::Drop));
        let grid = Grid::new(shape, spec)?.require_windows()?;
        if self.edge.is_none() {
            for (axis, name) in [(1, "height"), (2, "width")] {
                let of = &grid.axes()[axis];
                let end = of.region(of.count() - 1).end;
                if end != of.len() {
                    return Err(PatchError::DoesNotFit {
                        axis: name,
                        len: of.len(),
                        size: of.size(),
                        step: of.step(),
                        left: of.len() - end,
                    });
                }
            }
        }
        Ok(PatchPlan { grid })
    }
}

/// The patches of images of one shape: geometry, checked, without pixels.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct PatchPlan {
    grid: Grid<Const<4>>,
}

impl PatchPlan {
    /// The windows over `[images, height, width, channels]`.
    #[must_use]
    pub fn grid(&self) -> &Grid<Const<4>> {
        &self.grid
    }

    /// Shape of the packed patches: `[images, grid height, grid width, height, width, channels]`.
    #[must_use]
    pub fn shape(&self) -> [usize; 6] {
        let (count, size) = (self.grid.counts(), self.grid.window_shape());
        [count[0], count[1], count[2], size[1], size[2], size[3]]
    }

    /// Elements in all patches together.
    ///
    /// # Errors
    /// More than `isize::MAX`.
    pub fn packed_len(&self) -> Result<usize, WindowError> {
        self.grid.packed_len()
    }

    /// The patches as windows: zero-copy, with everything that windows can do.
    ///
    /// # Errors
    /// [`WindowError::Shape`] if the image has another shape than the plan.
    pub fn windows<'a, T>(
        &self,
        image: &ImageView<'a, T>,
    ) -> Result<Windows<'a, T, Const<4>>, WindowError> {
        for axis in 0..4 {
            let (expected, got) = (self.grid.shape()[axis], image.shape()[axis]);
            if expected != got {
                return Err(WindowError::Shape { what: "image", axis, expected, got });
            }
        }
        image.pixels().try_windows(self.grid.spec())
    }

    /// The patches as one array of [`PatchPlan::shape`], zero-copy.
    ///
    /// # Errors
    /// Another shape; patches that are partial or not equally spaced have no place in an array.
    pub fn view<'a, T>(&self, image: &ImageView<'a, T>) -> Result<View<'a, T, 6>, WindowError> {
        let all: DynView<'a, T> = self.windows(image)?.as_view()?;
        // The grid has one position along the channels, a window one tap along the images.
        let strides = all.strides();
        View::strided(
            all.data(),
            all.offset(),
            self.shape(),
            [strides[0], strides[1], strides[2], strides[5], strides[6], strides[7]],
        )
    }

    /// Copies the patches to `out`, in the order of [`PatchPlan::shape`]. Allocates nothing. Pixels
    /// beyond the image read as `T::default()`.
    ///
    /// # Errors
    /// An image of another shape, `out` of another length.
    pub fn pack_into<T: Copy + Default>(
        &self,
        image: &ImageView<'_, T>,
        out: &mut [T],
    ) -> Result<(), WindowError> {
        self.windows(image)?.with_border(Border::Constant(T::default()))?.pack_into(out)
    }

    /// The same in a new vector.
    ///
    /// # Errors
    /// An image of another shape; more than `isize::MAX` elements.
    pub fn pack<T: Copy + Default>(&self, image: &ImageView<'_, T>) -> Result<Vec<T>, WindowError> {
        self.packed_len()?;
        Ok(self.windows(image)?.with_border(Border::Constant(T::default()))?.pack())
    }
}
