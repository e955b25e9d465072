//! Walking a layout in row-major order by additions.

use core::iter::FusedIterator;
use core::ops::Range;

use crate::layout::Layout;
use crate::rank::Rank;

/// Flat index and offset of every element of a layout, in row-major order, from both ends.
///
/// Forward steps add one stride; the other end and every jump cost a division per axis.
#[derive(Debug, PartialEq)]
pub(crate) struct Odometer<R: Rank> {
    layout: Layout<R>,
    range: Range<usize>,
    /// Position and offset of the element at the front.
    position: R::PerAxis<usize>,
    offset: isize,
}

impl<R: Rank> Clone for Odometer<R> {
    fn clone(&self) -> Self {
        Self {
            layout: self.layout.clone(),
            range: self.range.clone(),
            position: self.position.clone(),
            offset: self.offset,
        }
    }
}

/// The position of flat index `index` in row-major order over `shape`.
#[inline]
pub(crate) fn unravel<R: Rank>(shape: &[usize], mut index: usize) -> R::PerAxis<usize> {
    let mut position = R::from_fn(shape.len(), |_| 0);
    for axis in (0..shape.len()).rev() {
        position[axis] = index % shape[axis];
        index /= shape[axis];
    }
    position
}

/// The flat index of a position inside `shape`.
#[inline]
pub(crate) fn ravel(shape: &[usize], position: &[usize]) -> usize {
    shape.iter().zip(position).fold(0, |index, (&len, &at)| index * len + at)
}

impl<R: Rank> Odometer<R> {
    pub(crate) fn new(layout: Layout<R>) -> Self {
        let len = layout.len();
        Self::part(layout, 0..len)
    }

    /// Only the elements of a range of flat indices.
    pub(crate) fn part(layout: Layout<R>, range: Range<usize>) -> Self {
        let position = R::from_fn(layout.ndim(), |_| 0);
        let mut odometer = Self { layout, range, position, offset: 0 };
        if odometer.range.start != 0 {
            odometer.seek();
        }
        odometer
    }

    pub(crate) fn layout(&self) -> &Layout<R> {
        &self.layout
    }

    pub(crate) fn range(&self) -> Range<usize> {
        self.range.clone()
    }

    /// Position of the element that `next` gives; meaningless at the end.
    #[inline]
    pub(crate) fn position(&self) -> &R::PerAxis<usize> {
        &self.position
    }

    /// Sets position and offset from the index at the front.
    fn seek(&mut self) {
        if !self.range.is_empty() {
            self.position = unravel::<R>(self.layout.shape(), self.range.start);
            self.offset = self.offset_at(self.position.as_ref());
        }
    }

    #[inline]
    fn offset_at(&self, position: &[usize]) -> isize {
        // Inside the layout no product or sum leaves `isize`; a grid over padded data has offsets that
        // are not those of an element and may wrap, which is undone where they are clipped.
        position.iter().zip(self.layout.strides()).fold(0, |sum: isize, (&at, &stride)| {
            sum.wrapping_add((at as isize).wrapping_mul(stride))
        })
    }

    #[inline]
    fn advance(&mut self) {
        self.range.start += 1;
        for axis in (0..self.layout.ndim()).rev() {
            let stride = self.layout.strides()[axis];
            self.position[axis] += 1;
            if self.position[axis] < self.layout.shape()[axis] {
                self.offset = self.offset.wrapping_add(stride);
                return;
            }
            let back = (self.position[axis] - 1) as isize;
            self.offset = self.offset.wrapping_sub(back.wrapping_mul(stride));
            self.position[axis] = 0;
        }
    }
}

impl<R: Rank> Iterator for Odometer<R> {
    type Item = (usize, isize);

    #[inline]
    fn next(&mut self) -> Option<(usize, isize)> {
        if self.range.is_empty() {
            return None;
        }
        let item = (self.range.start, self.offset);
        self.advance();
        Some(item)
    }

    #[inline]
    fn size_hint(&self) -> (usize, Option<usize>) {
        (self.range.len(), Some(self.range.len()))
    }

    #[inline]
    fn nth(&mut self, n: usize) -> Option<(usize, isize)> {
        if n > 0 {
            self.range.start = self.range.start.saturating_add(n).min(self.range.end);
            self.seek();
        }
        self.next()
    }

    #[inline]
    fn count(self) -> usize {
        self.range.len()
    }

    #[inline]
    fn last(mut self) -> Option<(usize, isize)> {
        self.next_back()
    }

    #[inline]
    fn fold<B, F: FnMut(B, (usize, isize)) -> B>(self, init: B, mut f: F) -> B {
        // A loop over the last axis that keeps nothing but an index and an offset.
        let Self { layout, range, mut position, mut offset } = self;
        let mut acc = init;
        let Range { start: mut index, end } = range;
        let Some(last) = layout.ndim().checked_sub(1) else {
            return if index < end { f(acc, (index, offset)) } else { acc };
        };
        let (width, stride) = (layout.shape()[last], layout.strides()[last]);
        while index < end {
            let row = (width - position[last]).min(end - index);
            for step in 0..row {
                acc = f(
                    acc,
                    (index + step, offset.wrapping_add((step as isize).wrapping_mul(stride))),
                );
            }
            index += row;
            // To the start of the next row.
            offset = offset.wrapping_sub((position[last] as isize).wrapping_mul(stride));
            position[last] = 0;
            for axis in (0..last).rev() {
                position[axis] += 1;
                if position[axis] < layout.shape()[axis] {
                    offset = offset.wrapping_add(layout.strides()[axis]);
                    break;
                }
                let back = (position[axis] - 1) as isize;
                offset = offset.wrapping_sub(back.wrapping_mul(layout.strides()[axis]));
                position[axis] = 0;
            }
        }
        acc
    }
}

impl<R: Rank> DoubleEndedIterator for Odometer<R> {
    #[inline]
    fn next_back(&mut self) -> Option<(usize, isize)> {
        if self.range.is_empty() {
            return None;
        }
        self.range.end -= 1;
        let position = unravel::<R>(self.layout.shape(), self.range.end);
        Some((self.range.end, self.offset_at(position.as_ref())))
    }

    #[inline]
    fn nth_back(&mut self, n: usize) -> Option<(usize, isize)> {
        self.range.end = self.range.end.saturating_sub(n).max(self.range.start);
        self.next_back()
    }
}

impl<R: Rank> ExactSizeIterator for Odometer<R> {}

impl<R: Rank> FusedIterator for Odometer<R> {}
