//! Windows as the columns of a matrix, and its adjoint.
//!
//! A convolution is this matrix times the weights. [`ConvPlan`](crate::ConvPlan) never makes it; it is
//! here for who wants it: without a copy as a view, or written out.

use windows_core::{
    Additive, Axis, AxisSpec, Dyn, DynView, Extent, IntoSpec, Layout, Rank, StridedView, WindowSpec,
};

use crate::ConvError;
use crate::engine::Source;
use crate::memory::filled;
use crate::pass::{Pass, PassAxis, are_all, passes, stride, strided};

/// Which way round the matrix lies in memory.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ColumnOrder {
    /// `N x (C x taps) x positions`: torch's `unfold`, Caffe's `im2col`.
    #[default]
    Torch,
    /// `N x positions x (taps x C)`: a row of the matrix is a window of an image whose channels are
    /// innermost, as TensorFlow's `extract_patches` has it.
    ChannelsLast,
}

/// The geometry of im2col over one input layout, resolved: `N x C x spatial` by axis, any strides.
///
/// Made once; writing and folding allocate nothing.
///
/// # Example
/// ```
/// use windows_conv::{ColumnOrder, Im2col};
/// use windows_core::DynView;
///
/// let image = [1, 2, 3, 4, 5, 6, 7, 8, 9];
/// let x = DynView::new(&image, [1, 1, 3, 3])?;
/// let im2col = Im2col::new(x.layout(), [2, 2])?;
/// assert_eq!(im2col.shape(ColumnOrder::Torch), [1, 4, 4]);
///
/// let mut columns = [0; 16];
/// im2col.write_into(&x, ColumnOrder::Torch, &mut columns)?;
/// assert_eq!(columns[..4], [1, 2, 4, 5]); // the first tap of every window
///
/// // No copy at all: N, C, then taps, then positions
/// let view = im2col.view(&x)?;
/// assert_eq!(view.shape(), [1, 1, 2, 2, 2, 2]);
/// assert_eq!(view.to_vec(), columns);
///
/// // The adjoint sums every tap back to where it came from
/// let mut sums = [0; 9];
/// im2col.fold_into(&columns, ColumnOrder::Torch, &mut sums)?;
/// assert_eq!(sums, [1, 4, 3, 8, 20, 12, 7, 16, 9]);
/// # Ok::<(), windows_conv::ConvError>(())
/// ```
#[derive(Clone, Debug)]
pub struct Im2col {
    input: Layout<Dyn>,
    axes: Vec<AxisSpec>,
    passes: Vec<Pass>,
    taps: usize,
    positions: usize,
    whole: bool,
}

impl Im2col {
    /// Resolves windows over the spatial axes of a layout.
    ///
    /// # Errors
    /// A rank below 3 or not two more than the windows'; what the core refuses; a matrix of more than
    /// `isize::MAX` elements.
    pub fn new<R: Rank>(input: &Layout<R>, windows: impl IntoSpec<Dyn>) -> Result<Self, ConvError> {
        let Some(ndim @ 1..) = input.ndim().checked_sub(2) else {
            return Err(ConvError::Rank { what: "input", got: input.ndim(), expected: 3 });
        };
        Self::over(&input.to_dyn(), &windows.into_spec(ndim)?)
    }

    /// Of the axes that the rank leaves beside batch and channels: all of them are windowed.
    fn over(input: &Layout<Dyn>, specs: &[AxisSpec]) -> Result<Self, ConvError> {
        let (input, ndim) = (strided(input)?, specs.len());
        let axes = (0..ndim)
            .map(|axis| {
                Axis::new(input.shape()[2 + axis], specs[axis])
                    .map_err(|error| error.on_axis(2 + axis))
            })
            .collect::<Result<Vec<_>, _>>()?;
        let sizes: Vec<usize> = axes.iter().map(Axis::size).collect();
        let counts: Vec<usize> = axes.iter().map(Axis::count).collect();
        let (weights, out) =
            (Layout::<Dyn>::contiguous(&sizes)?, Layout::<Dyn>::contiguous(&counts)?);
        let all = [&[weights.len(), out.len()][..], &input.shape()[..2]].concat();
        Layout::<Dyn>::contiguous(&all)?;
        let pass_axes: Vec<PassAxis> = (0..ndim)
            .map(|axis| PassAxis {
                axis: axes[axis],
                len: input.shape()[2 + axis],
                in_stride: input.strides()[2 + axis],
                out_len: counts[axis],
                out_stride: out.strides()[axis],
                weight_stride: weights.strides()[axis] as usize,
                flipped: false,
            })
            .collect();
        Ok(Self {
            passes: if out.is_empty() { Vec::new() } else { passes(&pass_axes, false)? },
            taps: weights.len(),
            positions: out.len(),
            whole: axes.iter().all(Axis::is_whole),
            axes: specs.to_vec(),
            input,
        })
    }

    /// Elements of the matrix.
    #[must_use]
    pub fn len(&self) -> usize {
        self.input.shape()[..2].iter().product::<usize>() * self.taps * self.positions
    }

    /// Whether it has none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Images, rows and columns of the matrix.
    #[must_use]
    pub fn shape(&self, order: ColumnOrder) -> [usize; 3] {
        let (images, window) = (self.input.shape()[0], self.input.shape()[1] * self.taps);
        match order {
            ColumnOrder::Torch => [images, window, self.positions],
            ColumnOrder::ChannelsLast => [images, self.positions, window],
        }
    }

    /// The matrix without a copy: axes `N, C, taps.., positions..`. Row-major, it is
    /// [`ColumnOrder::Torch`].
    ///
    /// # Errors
    /// A window that is not wholly inside, or not where the step says, has no place in a view; a view
    /// of other shape or strides than the layout.
    pub fn view<'a, T, R: Rank>(
        &self,
        input: &StridedView<'a, T, R>,
    ) -> Result<DynView<'a, T>, ConvError> {
        self.check(input)?;
        // N, C, positions.., 1, 1, taps..
        let all = input.to_dyn().try_windows(self.windows())?.as_view()?;
        let ndim = all.ndim() / 2;
        let order: Vec<usize> = (0..2).chain(ndim + 2..2 * ndim).chain(2..ndim).collect();
        let shape: Vec<usize> = order.iter().map(|&axis| all.shape()[axis]).collect();
        let strides: Vec<isize> = order.iter().map(|&axis| all.strides()[axis]).collect();
        Ok(DynView::strided(all.data(), all.offset(), &shape, &strides[..])?)
    }

    /// The windows, with those of images and channels.
    fn windows(&self) -> WindowSpec<Dyn> {
        let each = [AxisSpec::of(Extent::Each); 2];
        WindowSpec::from_axes(&[&each[..], &self.axes].concat())
    }

    fn check<T, R: Rank>(&self, input: &StridedView<'_, T, R>) -> Result<(), ConvError> {
        Source::of(input).check(&self.input)
    }

    /// Writes the matrix, missing taps as zero.
    ///
    /// # Errors
    /// A view of other shape or strides than the layout; an output of another length than
    /// [`Im2col::len`].
    pub fn write_into<T: Additive, R: Rank>(
        &self,
        input: &StridedView<'_, T, R>,
        order: ColumnOrder,
        out: &mut [T],
    ) -> Result<(), ConvError> {
        self.check(input)?;
        self.write(input.data(), input.offset(), order, out)
    }

    fn write<T: Additive>(
        &self,
        data: &[T],
        offset: usize,
        order: ColumnOrder,
        out: &mut [T],
    ) -> Result<(), ConvError> {
        if out.len() != self.len() {
            let (got, expected) = (out.len(), self.len());
            return Err(ConvError::Shape { what: "output", axis: 0, got, expected });
        }
        let at = |from: isize| offset.wrapping_add_signed(from);
        // Missing taps: with channels last they are left out, in the order of torch they are written along.
        let complete = match order {
            ColumnOrder::Torch => are_all(self.passes.iter(), self.positions),
            ColumnOrder::ChannelsLast => self.whole,
        };
        if !complete {
            out.fill(T::ZERO);
        }
        match order {
            ColumnOrder::Torch => self.for_each_run(|run| {
                if run.apart != 1 {
                    for x in 0..run.width {
                        let real = (run.lo..run.hi).contains(&x);
                        out[run.column + x * run.apart] =
                            if real { data[at(run.at(x))] } else { T::ZERO };
                    }
                    return;
                }
                let row = &mut out[run.column..][..run.width];
                let (before, rest) = row.split_at_mut(run.lo);
                let (real, after) = rest.split_at_mut(run.hi - run.lo);
                before.fill(T::ZERO);
                after.fill(T::ZERO);
                if real.is_empty() {
                    return;
                }
                if run.stride == 1 {
                    let first = at(run.at(run.lo));
                    real.copy_from_slice(&data[first..first + real.len()]);
                } else {
                    for (x, value) in real.iter_mut().enumerate() {
                        *value = data[at(run.at(run.lo + x))];
                    }
                }
            }),
            ColumnOrder::ChannelsLast => self.for_each_run(|run| {
                for x in run.lo..run.hi {
                    out[self.row_of(&run, x)] = data[at(run.at(x))];
                }
            }),
        }
        Ok(())
    }

    /// The adjoint: every element of the matrix is added to the element it is a copy of. `out` is
    /// `N x C x spatial`, row-major, and overwritten. Integers wrap. Sums are in the order of taps.
    ///
    /// # Errors
    /// Lengths other than [`Im2col::len`] and that of the input; a layout that is not row-major, since
    /// the sums are.
    pub fn fold_into<T: Additive>(
        &self,
        columns: &[T],
        order: ColumnOrder,
        out: &mut [T],
    ) -> Result<(), ConvError> {
        let plain = Layout::<Dyn>::contiguous(self.input.shape())?;
        for axis in 0..plain.ndim() {
            let of = |layout: &Layout<Dyn>| stride(layout.shape(), layout.strides(), axis);
            let (got, expected) = (of(&self.input), of(&plain));
            if got != expected {
                return Err(ConvError::Stride { axis, got, expected });
            }
        }
        let lengths =
            [("columns", columns.len(), self.len()), ("output", out.len(), self.input.len())];
        for (what, got, expected) in lengths {
            if got != expected {
                return Err(ConvError::Shape { what, axis: 0, got, expected });
            }
        }
        out.fill(T::ZERO);
        self.for_each_run(|run| {
            let len = run.hi - run.lo;
            if len == 0 {
                return;
            }
            let first = run.at(run.lo) as usize;
            match order {
                ColumnOrder::Torch if run.stride == 1 && run.apart == 1 => {
                    let column = &columns[run.column + run.lo..][..len];
                    for (sum, &x) in out[first..first + len].iter_mut().zip(column) {
                        *sum = sum.plus(x);
                    }
                }
                _ => {
                    for x in run.lo..run.hi {
                        let from = match order {
                            ColumnOrder::Torch => run.column + x * run.apart,
                            ColumnOrder::ChannelsLast => self.row_of(&run, x),
                        };
                        let sum = &mut out[first + (x - run.lo) * run.stride as usize];
                        *sum = sum.plus(columns[from]);
                    }
                }
            }
        });
        Ok(())
    }

    /// Where an element of a run lies in the matrix with channels last.
    fn row_of(&self, run: &Run, x: usize) -> usize {
        let channels = self.input.shape()[1];
        let position = run.column % self.positions + x * run.apart;
        let tap = run.column / self.positions % self.taps;
        let (image, channel) = (run.image, run.channel);
        ((image * self.positions + position) * self.taps + tap) * channels + channel
    }

    /// Runs of neighbouring positions, for every image, channel and tap.
    fn for_each_run(&self, mut f: impl FnMut(Run)) {
        let (shape, strides) = (self.input.shape(), self.input.strides());
        for image in 0..shape[0] {
            for channel in 0..shape[1] {
                let plane = image as isize * strides[0] + channel as isize * strides[1];
                for pass in &self.passes {
                    for (tap, &weight) in pass.weights.iter().enumerate() {
                        let matrix_row = (image * shape[1] + channel) * self.taps + weight;
                        for row in 0..pass.rows {
                            let run = Run {
                                image,
                                channel,
                                column: matrix_row * self.positions + pass.out_rows[row] as usize,
                                width: pass.width,
                                apart: pass.out_stride as usize,
                                stride: pass.stride,
                                ..Run::default()
                            };
                            f(match pass.tap(tap, row) {
                                Some((base, tap)) => Run {
                                    lo: tap.lo,
                                    hi: tap.hi,
                                    offset: plane.wrapping_add(base).wrapping_add(tap.offset),
                                    ..run
                                },
                                None => run,
                            });
                        }
                    }
                }
            }
        }
    }
}

/// Neighbouring positions of a row, one tap of each.
#[derive(Clone, Copy, Default)]
struct Run {
    image: usize,
    channel: usize,
    /// Where the run starts in torch's matrix.
    column: usize,
    width: usize,
    /// From one position to the next: not 1 where a run stands for a column.
    apart: usize,
    /// The positions whose tap is real.
    lo: usize,
    hi: usize,
    /// What position 0 reads, if it does, and how much further the next one does.
    offset: isize,
    stride: isize,
}

impl Run {
    /// What a position reads, if it does.
    fn at(&self, x: usize) -> isize {
        self.offset.wrapping_add((x as isize).wrapping_mul(self.stride))
    }
}

/// The matrix of the windows over the spatial axes of `N x C x spatial`, in new memory.
///
/// # Errors
/// As [`Im2col::new`].
pub fn im2col<T: Additive, R: Rank>(
    input: &StridedView<'_, T, R>,
    windows: impl IntoSpec<Dyn>,
    order: ColumnOrder,
) -> Result<Vec<T>, ConvError> {
    let im2col = Im2col::new(input.layout(), windows)?;
    let mut out = filled("columns", im2col.len(), T::ZERO)?;
    im2col.write_into(input, order, &mut out)?;
    Ok(out)
}

/// The adjoint of [`im2col()`] over an input of this shape, in new memory.
///
/// # Errors
/// As [`Im2col::new`] and [`Im2col::fold_into`].
pub fn col2im<T: Additive>(
    columns: &[T],
    shape: &[usize],
    windows: impl IntoSpec<Dyn>,
    order: ColumnOrder,
) -> Result<Vec<T>, ConvError> {
    let layout = Layout::<Dyn>::contiguous(shape)?;
    let mut out = filled("sums", layout.len(), T::ZERO)?;
    Im2col::new(&layout, windows)?.fold_into(columns, order, &mut out)?;
    Ok(out)
}
