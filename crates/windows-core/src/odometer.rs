//! Walking a layout in row-major order by additions.

use alloc::borrow::Cow;
use core::iter::FusedIterator;
use core::ops::Range;

use crate::layout::Layout;
use crate::rank::Rank;

/// Flat index and offset of every element of a layout, in row-major order, from both ends.
///
/// Forward steps add one stride; the other end and every jump cost a division per axis. Making one costs
/// nothing: a layout is borrowed where it lives long enough, and the position is worked out when the
/// first step needs it, which a fold from the start never does.
#[derive(Debug, PartialEq)]
pub(crate) struct Odometer<'l, R: Rank> {
    layout: Cow<'l, Layout<R>>,
    range: Range<usize>,
    /// Position and offset of the element at the front.
    cursor: Option<(R::PerAxis<usize>, isize)>,
}

impl<R: Rank> Clone for Odometer<'_, R> {
    fn clone(&self) -> Self {
        Self { layout: self.layout.clone(), range: self.range.clone(), cursor: self.cursor.clone() }
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

/// The flat index of a position inside `shape`, in row-major order.
///
/// # Example
/// ```
/// assert_eq!(windows_core::ravel(&[4, 6], &[1, 2]), 8);
/// ```
#[must_use]
#[inline]
pub fn ravel(shape: &[usize], position: &[usize]) -> usize {
    shape.iter().zip(position).fold(0, |index, (&len, &at)| index * len + at)
}

/// The first `index` flat indices of a range, and the others.
///
/// # Panics
/// If there are fewer.
#[cfg(feature = "rayon")]
pub(crate) fn split_range(range: &Range<usize>, index: usize) -> (Range<usize>, Range<usize>) {
    assert!(index <= range.len(), "a split at {index} of {}", range.len());
    let middle = range.start + index;
    (range.start..middle, middle..range.end)
}

impl<'l, R: Rank> Odometer<'l, R> {
    #[inline(always)]
    pub(crate) fn new(layout: Cow<'l, Layout<R>>) -> Self {
        let len = layout.len();
        Self::part(layout, 0..len)
    }

    /// Only the elements of a range of flat indices.
    #[inline(always)]
    pub(crate) fn part(layout: Cow<'l, Layout<R>>, range: Range<usize>) -> Self {
        Self { layout, range, cursor: None }
    }

    pub(crate) fn layout(&self) -> &Layout<R> {
        &self.layout
    }

    /// Flat indices still to come.
    #[inline]
    pub(crate) fn range(&self) -> Range<usize> {
        self.range.clone()
    }

    /// Position of the element that `next` gives.
    ///
    /// # Panics
    /// At the end.
    #[inline]
    pub(crate) fn position(&mut self) -> &R::PerAxis<usize> {
        assert!(!self.range.is_empty(), "no element is left");
        &self.cursor().0
    }

    /// Where the front is; the front must exist.
    #[inline]
    fn cursor(&mut self) -> &mut (R::PerAxis<usize>, isize) {
        let (layout, front) = (&self.layout, self.range.start);
        self.cursor.get_or_insert_with(|| {
            let position = unravel::<R>(layout.shape(), front);
            let offset = offset_at(layout, position.as_ref());
            (position, offset)
        })
    }
}

#[inline]
fn offset_at<R: Rank>(layout: &Layout<R>, position: &[usize]) -> isize {
    // Inside a view no product or sum leaves `isize`; a grid over padded data has offsets that are not
    // those of an element and may wrap, which is undone where they are clipped.
    position
        .iter()
        .zip(layout.strides())
        .fold(0, |sum: isize, (&at, &stride)| sum.wrapping_add((at as isize).wrapping_mul(stride)))
}

/// Moves a position and its offset to the next one over the first `axes` axes.
#[inline]
fn advance<R: Rank>(
    layout: &Layout<R>,
    axes: usize,
    (position, offset): &mut (R::PerAxis<usize>, isize),
) {
    for axis in (0..axes).rev() {
        let stride = layout.strides()[axis];
        position[axis] += 1;
        if position[axis] < layout.shape()[axis] {
            *offset = offset.wrapping_add(stride);
            return;
        }
        let back = (position[axis] - 1) as isize;
        *offset = offset.wrapping_sub(back.wrapping_mul(stride));
        position[axis] = 0;
    }
}

impl<R: Rank> Iterator for Odometer<'_, R> {
    type Item = (usize, isize);

    #[inline]
    fn next(&mut self) -> Option<(usize, isize)> {
        if self.range.is_empty() {
            return None;
        }
        let item = (self.range.start, self.cursor().1);
        self.range.start += 1;
        if let Some(cursor) = &mut self.cursor {
            advance(&self.layout, self.layout.ndim(), cursor);
        }
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
            self.cursor = None;
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
        let layout = &*self.layout;
        let Range { start: mut index, end } = self.range;
        let mut acc = init;
        if index >= end {
            return acc;
        }
        let Some(last) = layout.ndim().checked_sub(1) else {
            return f(acc, (index, 0));
        };
        let (width, stride) = (layout.shape()[last], layout.strides()[last]);
        if index == 0 && end == width {
            for step in 0..width {
                acc = f(acc, (step, (step as isize).wrapping_mul(stride)));
            }
            return acc;
        }
        let mut cursor = self.cursor.unwrap_or_else(|| {
            let position = unravel::<R>(layout.shape(), index);
            let offset = offset_at(layout, position.as_ref());
            (position, offset)
        });
        loop {
            let offset = cursor.1;
            let row = (width - cursor.0[last]).min(end - index);
            for step in 0..row {
                let ahead = (step as isize).wrapping_mul(stride);
                acc = f(acc, (index + step, offset.wrapping_add(ahead)));
            }
            index += row;
            if index >= end {
                return acc;
            }
            let back = (cursor.0[last] as isize).wrapping_mul(stride);
            cursor.1 = offset.wrapping_sub(back);
            cursor.0[last] = 0;
            advance(layout, last, &mut cursor);
        }
    }
}

impl<R: Rank> DoubleEndedIterator for Odometer<'_, R> {
    #[inline]
    fn next_back(&mut self) -> Option<(usize, isize)> {
        if self.range.is_empty() {
            return None;
        }
        self.range.end -= 1;
        let position = unravel::<R>(self.layout.shape(), self.range.end);
        Some((self.range.end, offset_at(&self.layout, position.as_ref())))
    }

    #[inline]
    fn nth_back(&mut self, n: usize) -> Option<(usize, isize)> {
        self.range.end = self.range.end.saturating_sub(n).max(self.range.start);
        self.next_back()
    }
}

impl<R: Rank> ExactSizeIterator for Odometer<'_, R> {}

impl<R: Rank> FusedIterator for Odometer<'_, R> {}
