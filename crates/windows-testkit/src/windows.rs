//! N-D windows: one naive axis for each axis of an array.

use crate::array::{NdArray, indices};
use crate::axis::NaiveAxis;
use crate::border::{Border, border_index};

/// The windows over a shape, answered by visiting every tap of every window.
///
/// An axis that is not windowed (a batch, say) is windows of size 1, every 1.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NaiveWindows {
    axes: Vec<NaiveAxis>,
}

impl NaiveWindows {
    /// Windows over the shape that the axes' lengths make.
    pub fn new(axes: Vec<NaiveAxis>) -> Self {
        Self { axes }
    }

    /// The axes, in order.
    pub fn axes(&self) -> &[NaiveAxis] {
        &self.axes
    }

    /// The length of each axis of the data.
    pub fn shape(&self) -> Vec<usize> {
        self.axes.iter().map(|axis| axis.len).collect()
    }

    /// The taps of a window on each axis.
    pub fn sizes(&self) -> Vec<usize> {
        self.axes.iter().map(|axis| axis.size).collect()
    }

    /// The number of windows on each axis.
    pub fn counts(&self) -> Vec<usize> {
        self.axes.iter().map(NaiveAxis::count).collect()
    }

    /// Every position of the grid, the last axis fastest.
    pub fn positions(&self) -> Vec<Vec<usize>> {
        indices(&self.counts())
    }

    /// The coordinate of the first tap of the window at `position`.
    pub fn origin(&self, position: &[usize]) -> Vec<i64> {
        self.axes.iter().zip(position).map(|(axis, &i)| axis.starts()[i]).collect()
    }

    /// The element index that each tap of the window at `position` reads, the last axis fastest;
    /// `None` where it reads the constant.
    pub fn sources(&self, position: &[usize], border: Border) -> Vec<Option<Vec<usize>>> {
        let per_axis: Vec<Vec<Option<usize>>> = self
            .axes
            .iter()
            .zip(position)
            .map(|(axis, &i)| {
                let read = |coordinate| border_index(coordinate, axis.len, border);
                axis.coordinates(i).into_iter().map(read).collect()
            })
            .collect();
        indices(&self.sizes())
            .iter()
            .map(|tap| tap.iter().zip(&per_axis).map(|(&t, sources)| sources[t]).collect())
            .collect()
    }

    /// The values of the window at `position`, the last axis fastest; `None` where it reads the
    /// constant.
    pub fn window<T: Clone>(
        &self,
        array: &NdArray<T>,
        position: &[usize],
        border: Border,
    ) -> Vec<Option<T>> {
        assert_eq!(array.shape(), self.shape(), "another shape than the windows are over");
        let value = |source: Option<Vec<usize>>| source.map(|index| array.get(&index).clone());
        self.sources(position, border).into_iter().map(value).collect()
    }

    /// Every window one after the other: shape `[counts.., sizes..]`, `constant` where there is
    /// nothing to read.
    pub fn pack<T: Clone>(&self, array: &NdArray<T>, border: Border, constant: T) -> NdArray<T> {
        let mut data = Vec::new();
        for position in self.positions() {
            for value in self.window(array, &position, border) {
                data.push(value.unwrap_or_else(|| constant.clone()));
            }
        }
        NdArray::new(data, &[self.counts(), self.sizes()].concat())
    }

    /// The adjoint of [`pack`](Self::pack): every tap is added to the element that it reads, and
    /// what would be added to the constant is lost.
    ///
    /// `add` says what a sum is (wrapping, say), and `zero` what an element without taps is. Taps
    /// are added in the order that `pack` writes them.
    pub fn fold<T: Clone>(
        &self,
        packed: &[T],
        border: Border,
        zero: T,
        add: impl Fn(T, T) -> T,
    ) -> NdArray<T> {
        let mut sums = NdArray::from_fn(&self.shape(), |_| zero.clone());
        let mut values = packed.iter();
        for position in self.positions() {
            for source in self.sources(&position, border) {
                let value = values.next().expect("a value for every tap").clone();
                if let Some(index) = source {
                    let sum = sums.get_mut(&index);
                    *sum = add(sum.clone(), value);
                }
            }
        }
        assert!(values.next().is_none(), "more values than taps");
        sums
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::axis::Edge;

    fn count_up(shape: &[usize]) -> NdArray<i64> {
        NdArray::new((1..=shape.iter().product::<usize>() as i64).collect(), shape)
    }

    #[test]
    fn windows_of_a_small_image() {
        let image = count_up(&[3, 3]);
        let windows = NaiveWindows::new(vec![NaiveAxis::new(3, 2, 1), NaiveAxis::new(3, 2, 1)]);
        assert_eq!(windows.counts(), [2, 2]);
        let values = |position| windows.window(&image, position, Border::Constant);
        assert_eq!(values(&[0, 1]), [Some(2), Some(3), Some(5), Some(6)]);
        assert_eq!(values(&[1, 0]), [Some(4), Some(5), Some(7), Some(8)]);
        let packed = windows.pack(&image, Border::Constant, 0);
        assert_eq!(packed.shape(), [2, 2, 2, 2]);
        assert_eq!(packed.data(), [1, 2, 4, 5, 2, 3, 5, 6, 4, 5, 7, 8, 5, 6, 8, 9]);
    }

    #[test]
    fn borders_are_read_per_axis() {
        let image = count_up(&[2, 3]);
        let axes =
            vec![NaiveAxis::new(2, 3, 2).padding(1, 0), NaiveAxis::new(3, 3, 3).padding(1, 1)];
        let windows = NaiveWindows::new(axes);
        assert_eq!(windows.counts(), [1, 1]);
        assert_eq!(windows.origin(&[0, 0]), [-1, -1]);
        let read = |border| windows.pack(&image, border, 0).data().to_vec();
        assert_eq!(read(Border::Constant), [0, 0, 0, 0, 1, 2, 0, 4, 5]);
        assert_eq!(read(Border::Replicate), [1, 1, 2, 1, 1, 2, 4, 4, 5]);
        assert_eq!(read(Border::Reflect), [5, 4, 5, 2, 1, 2, 5, 4, 5]);
        assert_eq!(read(Border::Symmetric), [1, 1, 2, 1, 1, 2, 4, 4, 5]);
        assert_eq!(read(Border::Wrap), [6, 4, 5, 3, 1, 2, 6, 4, 5]);
    }

    #[test]
    fn partial_windows_read_the_border_too() {
        let line = count_up(&[4]);
        let windows = NaiveWindows::new(vec![NaiveAxis::new(4, 3, 2).edge(Edge::Keep)]);
        assert_eq!(windows.pack(&line, Border::Constant, 0).data(), [1, 2, 3, 3, 4, 0]);
        assert_eq!(windows.pack(&line, Border::Wrap, 0).data(), [1, 2, 3, 3, 4, 1]);
    }

    #[test]
    fn folding_ones_counts_the_taps_on_each_element() {
        let windows = NaiveWindows::new(vec![NaiveAxis::new(4, 3, 1), NaiveAxis::new(1, 1, 1)]);
        let folded = windows.fold(&[1; 6], Border::Constant, 0, |a, b| a + b);
        assert_eq!(folded.shape(), [4, 1]);
        assert_eq!(folded.data(), [1, 2, 2, 1]);
    }

    #[test]
    fn folding_scatters_through_the_border() {
        let windows = NaiveWindows::new(vec![NaiveAxis::new(2, 2, 1).padding(1, 0)]);
        let fold =
            |border| windows.fold(&[1, 10, 100, 1000], border, 0, |a, b| a + b).data().to_vec();
        assert_eq!(fold(Border::Constant), [110, 1000]);
        assert_eq!(fold(Border::Replicate), [111, 1000]);
        assert_eq!(fold(Border::Wrap), [110, 1001]);
    }

    #[test]
    fn rank_zero_is_one_window_of_one_value() {
        let windows = NaiveWindows::new(Vec::new());
        let packed = windows.pack(&count_up(&[]), Border::Constant, 0);
        assert_eq!((packed.shape(), packed.data()), (&[][..], &[1][..]));
    }
}
