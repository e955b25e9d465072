//! Which patches: size, step, edge and order, before an image is known.

use windows_core::{Const, Edge, Extent, Grid, IntoAxes, WindowError, WindowSpec};

use crate::order::Parts;
use crate::{Order, PatchError, PatchPlan};

/// What patches are wanted, before an image is known.
///
/// # Example
/// ```
/// use windows_patches::{ImageView, Order, Patchify};
///
/// let pixels: Vec<u8> = (0..48).collect(); // 4 x 4 pixels, RGB
/// let image = ImageView::interleaved(&pixels, [4, 4, 3])?;
///
/// let plan = Patchify::new([2, 2]).over(image.shape())?;
/// assert_eq!(plan.shape(), [1, 2, 2, 2, 2, 3]); // images, rows, columns, height, width, channels
/// assert_eq!(plan.pack(&image)?[..12], [0, 1, 2, 3, 4, 5, 12, 13, 14, 15, 16, 17]);
///
/// let plan = Patchify::new([2, 2]).order(Order::Vit).over(image.shape())?;
/// assert_eq!(plan.shape(), [1, 4, 12]); // images, patches, channels x height x width
/// assert_eq!(plan.pack(&image)?[..12], [0, 3, 12, 15, 1, 4, 13, 16, 2, 5, 14, 17]);
/// # Ok::<(), windows_patches::PatchError>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Patchify {
    size: [usize; 2],
    step: Option<[usize; 2]>,
    edge: Option<Edge>,
    order: Order,
    merge: usize,
    frames: usize,
    limit: Option<usize>,
    error: Option<WindowError>,
}

impl Patchify {
    /// Patches of this height and width side by side; one number means both.
    #[must_use]
    pub fn new(size: impl IntoAxes<Const<2>>) -> Self {
        let (size, error) = match size.into_axes("size", Some(2)) {
            Ok(size) => (size, None),
            Err(error) => ([1; 2], Some(error)),
        };
        let order = Order::Grid;
        Self { size, step: None, edge: None, order, merge: 2, frames: 2, limit: None, error }
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

    /// The order of patches and of the values in them.
    #[must_use]
    pub fn order(mut self, order: Order) -> Self {
        self.order = order;
        self
    }

    /// Patches that [`Order::Qwen2Vl`] merges along each axis; 2 unless said.
    #[must_use]
    pub fn merge(mut self, merge: usize) -> Self {
        self.merge = merge;
        self
    }

    /// Frames in a patch of [`Order::Qwen2Vl`]; 2 unless said. A single image stands for all of them.
    #[must_use]
    pub fn frames(mut self, frames: usize) -> Self {
        self.frames = frames;
        self
    }

    /// As many patches per image as the model takes: the rest is zeros. For the orders whose patches are
    /// one axis.
    #[must_use]
    pub fn limit(mut self, patches: usize) -> Self {
        self.limit = Some(patches);
        self
    }

    /// The patches of images of this shape, `[images, height, width, channels]`. The images of
    /// [`Order::Qwen2Vl`] are the frames of one video.
    ///
    /// # Errors
    /// [`PatchError::DoesNotFit`] if pixels are left over and no edge was named, [`PatchError::Group`] if
    /// patches or frames do not divide into blocks, [`PatchError::TooManyPatches`] beyond the limit; what
    /// [`Grid::new`] refuses.
    pub fn over(&self, shape: [usize; 4]) -> Result<PatchPlan, PatchError> {
        if let Some(error) = self.error {
            return Err(error.into());
        }
        if let Some(axis) = shape.iter().position(|&len| len == 0) {
            return Err(WindowError::Shape { what: "image", axis, expected: 1, got: 0 }.into());
        }
        let grid = self.grid(shape)?;
        let (count, size) = (grid.counts(), grid.window_shape());
        let (merge, frames) = match self.order {
            Order::Qwen2Vl => (self.merge, self.frames),
            _ => (1, 1),
        };
        let group = |axis, count: usize, group: usize| match count.checked_div(group) {
            Some(groups) if groups * group == count => Ok(groups),
            _ => Err(PatchError::Group { axis, count, group }),
        };
        let still = count[0] == 1 && frames > 1;
        let times = if still { 1 } else { group("frames", count[0], frames)? };
        let rows = group("height", count[1], merge)?;
        let columns = group("width", count[2], merge)?;
        let parts = Parts([times, frames, rows, merge, columns, merge, size[1], size[2], size[3]]);
        grid.packed_len()?;
        let [_, patches, _] = parts.memory(self.order);
        let limit = self.limit.filter(|_| self.order.has_tokens());
        if let Some(limit) = limit.filter(|&limit| patches > limit) {
            return Err(PatchError::TooManyPatches { patches, limit });
        }
        Ok(PatchPlan::new(grid, self.order, parts, still, limit.unwrap_or(patches))?)
    }

    fn grid(&self, shape: [usize; 4]) -> Result<Grid<Const<4>>, PatchError> {
        let [height, width] = self.size;
        let [down, right] = self.step.unwrap_or(self.size);
        let extent = [Extent::Each, Extent::Size(height), Extent::Size(width), Extent::Whole];
        let spec =
            WindowSpec::of(extent).step([1, down, right, 1]).edge(self.edge.unwrap_or(Edge::Drop));
        let grid = Grid::new(shape, spec)?.require_windows()?;
        for (axis, name) in [(1, "height"), (2, "width")] {
            let of = &grid.axes()[axis];
            let end = of.region(of.count() - 1).end;
            if self.edge.is_none() && end != of.len() {
                return Err(PatchError::DoesNotFit {
                    axis: name,
                    len: of.len(),
                    size: of.size(),
                    step: of.step(),
                    left: of.len() - end,
                });
            }
        }
        Ok(grid)
    }
}
