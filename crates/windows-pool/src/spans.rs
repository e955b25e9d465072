//! Where the windows of each axis lie: tables asked once from the axes of `windows-core`.

use windows_core::{Axis, Border};

use crate::PoolError;
use crate::error::room;

/// What stands in a border's map for its constant.
pub(crate) const CONSTANT: usize = usize::MAX;

/// The elements of one window along one axis: `first`, `first + dilation`, ..
#[derive(Clone, Copy, Debug)]
pub(crate) struct Span {
    pub(crate) first: usize,
    pub(crate) taps: usize,
    /// What counts towards an average.
    pub(crate) area: usize,
}

impl Span {
    /// One past the last element.
    pub(crate) fn end(&self, dilation: usize) -> usize {
        if self.taps == 0 { 0 } else { self.first + (self.taps - 1) * dilation + 1 }
    }
}

/// Windows that follow each other at one step, missing taps included.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Progression {
    pub(crate) start: isize,
    pub(crate) step: usize,
    pub(crate) size: usize,
}

/// All windows along one axis.
///
/// Under a border the axis is the padded one, its elements found through `map`; without one, taps in the
/// padding are left out of the spans.
#[derive(Clone, Debug)]
pub(crate) struct Spans {
    /// Elements of data.
    pub(crate) len: usize,
    /// Elements that spans speak of.
    pub(crate) reach: usize,
    /// The element of the data that each of them reads, under a border.
    pub(crate) map: Option<Vec<usize>>,
    pub(crate) each: Vec<Span>,
    pub(crate) dilation: usize,
    /// Unless starts or sizes are irregular.
    pub(crate) progression: Option<Progression>,
}

/// Whether padded elements count towards an average.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Counted {
    Real,
    Padded,
}

impl Spans {
    /// The windows of axis number `at`, padding left out.
    pub(crate) fn new(axis: &Axis, counted: Counted, at: usize) -> Result<Self, PoolError> {
        let end = (axis.len() + axis.after()) as isize;
        let each = table(
            at,
            (0..axis.count()).map(|position| {
                let (start, taps) = (axis.start(position), axis.taps(position));
                let first = if taps.is_empty() {
                    0
                } else {
                    (start + (taps.start * axis.dilation()) as isize) as usize
                };
                let padded = (end - start).max(0) as usize;
                let area = match counted {
                    Counted::Real => taps.len(),
                    Counted::Padded => padded.div_ceil(axis.dilation()).min(axis.size()),
                };
                Span { first, taps: taps.len(), area }
            }),
        )?;
        let progression = (axis.is_regular() && axis.count() > 0).then(|| Progression {
            start: axis.start(0),
            step: axis.step(),
            size: axis.size(),
        });
        Ok(Self {
            len: axis.len(),
            reach: axis.len(),
            map: None,
            each,
            dilation: axis.dilation(),
            progression,
        })
    }

    /// The windows of axis number `number` whose padding reads as a border: every tap is an element.
    pub(crate) fn bordered(
        axis: &Axis,
        border: &Border<()>,
        number: usize,
    ) -> Result<Self, PoolError> {
        let origin = (0..axis.count()).map(|i| axis.start(i)).min().unwrap_or(0).min(0);
        let spans = (0..axis.count()).map(|i| Span {
            first: (axis.start(i) - origin) as usize,
            taps: axis.size(),
            area: axis.size(),
        });
        let each = table(number, spans)?;
        let reach = each.iter().map(|span| span.end(axis.dilation())).max().unwrap_or(0);
        let mut map = room("padded elements", Some(number), reach)?;
        let read = |at| border.index(at + origin, axis.len()).unwrap_or(CONSTANT);
        map.extend((0..reach as isize).map(read));
        Ok(Self {
            len: axis.len(),
            reach,
            map: Some(map),
            progression: (axis.is_regular() && axis.count() > 0).then(|| Progression {
                start: axis.start(0) - origin,
                step: axis.step(),
                size: axis.size(),
            }),
            each,
            dilation: axis.dilation(),
        })
    }

    /// `count` windows that share an axis evenly: window `i` is `floor(i L / n) .. ceil((i + 1) L / n)`.
    pub(crate) fn adaptive(len: usize, count: usize, axis: usize) -> Result<Self, PoolError> {
        if count == 0 {
            return Err(PoolError::ZeroOutput { axis, len });
        }
        // Products of two lengths may not fit, but those of their quotient and remainder do.
        let edge = |i: usize, up: usize| {
            let (whole, rest) = (len / count, (len % count) as u128 * i as u128);
            i * whole + ((rest + up as u128) / count as u128) as usize
        };
        let each = table(
            axis,
            (0..count).map(|i| {
                let (first, end) = (edge(i, 0), edge(i + 1, count - 1));
                Span { first, taps: end - first, area: end - first }
            }),
        )?;
        let progression = (len > 0 && len.is_multiple_of(count)).then(|| Progression {
            start: 0,
            step: len / count,
            size: len / count,
        });
        Ok(Self { len, reach: len, map: None, each, dilation: 1, progression })
    }

    /// Every element by itself: an axis of batches or channels.
    pub(crate) fn singles(len: usize, axis: usize) -> Result<Self, PoolError> {
        let each = table(axis, (0..len).map(|first| Span { first, taps: 1, area: 1 }))?;
        let progression = Some(Progression { start: 0, step: 1, size: 1 });
        Ok(Self { len, reach: len, map: None, each, dilation: 1, progression })
    }

    pub(crate) fn count(&self) -> usize {
        self.each.len()
    }

    /// The most that a window has of something, if only 1.
    pub(crate) fn most(&self, of: impl Fn(&Span) -> usize) -> usize {
        self.each.iter().map(of).max().unwrap_or(0).max(1)
    }

    /// The element of the data that `at` reads.
    pub(crate) fn source(&self, at: usize) -> usize {
        self.map.as_ref().map_or(at, |map| map[at])
    }

    /// Whether each element is a window.
    pub(crate) fn is_single(&self) -> bool {
        self.map.is_none()
            && self.count() == self.len
            && self.progression.is_some_and(|p| (p.start, p.step, p.size) == (0, 1, 1))
    }

    /// Whether a window has no element.
    pub(crate) fn has_empty(&self) -> bool {
        self.each.iter().any(|span| span.taps == 0)
    }
}

/// The windows of an axis in a table.
fn table(axis: usize, spans: impl ExactSizeIterator<Item = Span>) -> Result<Vec<Span>, PoolError> {
    let mut table = room("windows", Some(axis), spans.len())?;
    table.extend(spans);
    Ok(table)
}
