//! N-D arrays in row-major order, and the naive ways to read them.

/// An N-D array in row-major order: the last axis varies fastest.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NdArray<T> {
    data: Vec<T>,
    shape: Vec<usize>,
}

/// Which elements of an axis a slice takes: `len` of them from `start`, every `step`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Slice {
    /// The first element taken.
    pub start: usize,
    /// The distance to the next one; negative walks backwards, zero repeats.
    pub step: isize,
    /// How many are taken.
    pub len: usize,
}

/// Every index of a shape, the last axis fastest. Rank 0 has one index; a length of 0 has none.
pub fn indices(shape: &[usize]) -> Vec<Vec<usize>> {
    let mut all = vec![Vec::new()];
    for &len in shape {
        let mut longer = Vec::new();
        for index in &all {
            for i in 0..len {
                let mut next = index.clone();
                next.push(i);
                longer.push(next);
            }
        }
        all = longer;
    }
    all
}

impl<T> NdArray<T> {
    /// An array of a shape.
    ///
    /// # Panics
    ///
    /// If the shape does not hold exactly the data.
    pub fn new(data: Vec<T>, shape: &[usize]) -> Self {
        assert_eq!(data.len(), shape.iter().product::<usize>(), "data against shape {shape:?}");
        Self { data, shape: shape.to_vec() }
    }

    /// The array whose element at each index is `value(index)`.
    pub fn from_fn(shape: &[usize], value: impl FnMut(&[usize]) -> T) -> Self {
        let data = indices(shape).iter().map(Vec::as_slice).map(value).collect();
        Self::new(data, shape)
    }

    /// The elements in row-major order.
    pub fn data(&self) -> &[T] {
        &self.data
    }

    /// The length of each axis.
    pub fn shape(&self) -> &[usize] {
        &self.shape
    }

    /// The element at `index`.
    ///
    /// # Panics
    ///
    /// If `index` is not inside the shape.
    pub fn get(&self, index: &[usize]) -> &T {
        &self.data[self.place(index)]
    }

    /// The element at `index`, to be changed.
    ///
    /// # Panics
    ///
    /// If `index` is not inside the shape.
    pub fn get_mut(&mut self, index: &[usize]) -> &mut T {
        let place = self.place(index);
        &mut self.data[place]
    }

    /// How many indices come before `index`.
    fn place(&self, index: &[usize]) -> usize {
        assert_eq!(index.len(), self.shape.len(), "rank of {index:?} against {:?}", self.shape);
        let mut place = 0;
        for (&i, &len) in index.iter().zip(&self.shape) {
            assert!(i < len, "{index:?} outside {:?}", self.shape);
            place = place * len + i;
        }
        place
    }
}

impl<T: Clone> NdArray<T> {
    /// The elements that `slices` take, one slice an axis, copied.
    pub fn slice(&self, slices: &[Slice]) -> Self {
        let shape: Vec<usize> = slices.iter().map(|slice| slice.len).collect();
        Self::from_fn(&shape, |index| {
            let source: Vec<usize> = index
                .iter()
                .zip(slices)
                .map(|(&i, slice)| (slice.start as isize + i as isize * slice.step) as usize)
                .collect();
            self.get(&source).clone()
        })
    }

    /// The array whose axis `k` is axis `order[k]` of this one, copied.
    pub fn permute(&self, order: &[usize]) -> Self {
        let shape: Vec<usize> = order.iter().map(|&axis| self.shape[axis]).collect();
        Self::from_fn(&shape, |index| {
            let mut source = vec![0; index.len()];
            for (k, &axis) in order.iter().enumerate() {
                source[axis] = index[k];
            }
            self.get(&source).clone()
        })
    }

    /// What a view of `data` by `offset`, `shape` and `strides` (in elements) shows, copied.
    ///
    /// # Panics
    ///
    /// If an index of the shape leads outside the data.
    pub fn strided(data: &[T], offset: usize, shape: &[usize], strides: &[isize]) -> Self {
        Self::from_fn(shape, |index| {
            let mut place = offset as isize;
            for (&i, &stride) in index.iter().zip(strides) {
                place += i as isize * stride;
            }
            data[usize::try_from(place).expect("before the data")].clone()
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn count_up(shape: &[usize]) -> NdArray<usize> {
        NdArray::new((0..shape.iter().product()).collect(), shape)
    }

    #[test]
    fn indices_go_last_axis_first() {
        assert_eq!(indices(&[2, 2]), [[0, 0], [0, 1], [1, 0], [1, 1]]);
        assert_eq!(indices(&[]), [[0; 0]]);
        assert!(indices(&[3, 0, 2]).is_empty());
    }

    #[test]
    fn elements_are_found_in_row_major_order() {
        let array = count_up(&[2, 3, 4]);
        assert_eq!(*array.get(&[0, 0, 3]), 3);
        assert_eq!(*array.get(&[1, 2, 0]), 20);
        assert_eq!(indices(array.shape()).iter().map(|i| *array.get(i)).max(), Some(23));
    }

    #[test]
    #[should_panic(expected = "outside")]
    fn an_index_outside_one_axis_is_refused_even_inside_the_data() {
        count_up(&[2, 3]).get(&[0, 3]);
    }

    #[test]
    fn slices_walk_both_ways_and_stand_still() {
        let array = count_up(&[2, 5]);
        let rows = Slice { start: 1, step: -1, len: 2 };
        let columns = Slice { start: 0, step: 2, len: 3 };
        assert_eq!(array.slice(&[rows, columns]).data(), [5, 7, 9, 0, 2, 4]);
        let still = Slice { start: 1, step: 0, len: 2 };
        assert_eq!(array.slice(&[still, columns]).data(), [5, 7, 9, 5, 7, 9]);
    }

    #[test]
    fn permuting_moves_axes() {
        let array = count_up(&[2, 3]).permute(&[1, 0]);
        assert_eq!(array.shape(), [3, 2]);
        assert_eq!(array.data(), [0, 3, 1, 4, 2, 5]);
        let array = count_up(&[2, 3, 4]);
        assert_eq!(array.permute(&[2, 0, 1]).get(&[3, 1, 2]), array.get(&[1, 2, 3]));
    }

    #[test]
    fn strides_say_where_to_look() {
        let data: Vec<usize> = (0..16).collect();
        // The 2 x 2 patches of a 4 x 4 image.
        let patches = NdArray::strided(&data, 0, &[2, 2, 2, 2], &[8, 2, 4, 1]);
        assert_eq!(patches.data()[4..8], [2, 3, 6, 7]);
        assert_eq!(NdArray::strided(&data, 3, &[2, 2], &[0, -1]).data(), [3, 2, 3, 2]);
        assert_eq!(NdArray::strided(&data, 7, &[], &[]).data(), [7]);
    }
}
