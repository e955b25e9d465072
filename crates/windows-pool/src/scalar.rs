//! The definition: every window by itself, its elements in row-major order.
//!
//! Correct for every kind, layout and geometry, and the reference that the engine is held against. The
//! cost of a window is its number of elements.

use windows_core::Axes;

use crate::spans::{CONSTANT, Spans};

/// An axis of the data.
#[derive(Clone, Debug)]
pub(crate) struct Axis {
    pub(crate) spans: Spans,
    pub(crate) stride: isize,
    /// Distance in the numbering of a plane's elements; 0 for batches and channels.
    pub(crate) numbers: usize,
}

/// All windows, one at a time.
#[derive(Clone, Debug)]
pub(crate) struct Walk {
    pub(crate) axes: Axes<Axis>,
}

impl Walk {
    /// The position of a window, into `position`.
    fn unravel(&self, mut window: usize, position: &mut Axes<usize>) {
        for (axis, at) in self.axes.iter().zip(position.iter_mut()).rev() {
            *at = window % axis.spans.count();
            window /= axis.spans.count();
        }
    }

    /// Goes to a window and visits its elements in row-major order: the offset of each in the data and
    /// its number in the plane, or `None` for the constant of a border.
    pub(crate) fn visit(
        &self,
        cursor: &mut Cursor,
        window: usize,
        element: &mut dyn FnMut(Option<(isize, usize)>),
    ) {
        let Cursor { position, tap } = cursor;
        self.unravel(window, position);
        let span = |axis: usize| self.axes[axis].spans.each[position[axis]];
        if (0..self.axes.len()).any(|axis| span(axis).taps == 0) {
            return;
        }
        let read = |axis: usize, tap: usize| {
            let of = &self.axes[axis];
            match of.spans.source(span(axis).first + tap * of.spans.dilation) {
                CONSTANT => None,
                source => Some((source as isize * of.stride, source * of.numbers)),
            }
        };
        let add = |(offset, number): (isize, usize), (ahead, more): (isize, usize)| {
            (offset + ahead, number + more)
        };
        tap.iter_mut().for_each(|tap| *tap = 0);
        let last = self.axes.len() - 1;
        loop {
            let outer =
                (0..last).try_fold((0, 0), |at, axis| Some(add(at, read(axis, tap[axis])?)));
            for along in 0..span(last).taps {
                element(outer.and_then(|outer| Some(add(outer, read(last, along)?))));
            }
            let mut axis = last;
            loop {
                if axis == 0 {
                    return;
                }
                axis -= 1;
                tap[axis] += 1;
                if tap[axis] < span(axis).taps {
                    break;
                }
                tap[axis] = 0;
            }
        }
    }

    /// Where to start.
    pub(crate) fn cursor(&self) -> Cursor {
        let zeros: Axes<usize> = self.axes.iter().map(|_| 0).collect();
        Cursor { position: zeros.clone(), tap: zeros }
    }

    /// The area of the window that was visited last: the plan has seen to it that it fits.
    pub(crate) fn area(&self, cursor: &Cursor) -> usize {
        let areas = self.axes.iter().zip(cursor.position.iter());
        areas.map(|(axis, &at)| axis.spans.each[at].area).product()
    }
}

/// A position among the windows and one inside a window.
#[derive(Clone, Debug)]
pub(crate) struct Cursor {
    position: Axes<usize>,
    tap: Axes<usize>,
}
