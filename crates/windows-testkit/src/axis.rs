//! Windows along one axis, enumerated from the definitions in words.

/// What happens to the last windows of an axis.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Edge {
    /// Only windows that lie wholly inside the padded axis.
    Drop,
    /// A window wherever one can start inside the data; the last ones are partial.
    Keep,
    /// Windows until everything was seen; the last one may be partial.
    Covered,
    /// As drop, then one more window for a remainder, unless it would start in the padding after
    /// the data.
    Ceil,
    /// Windows until everything was seen, the last one moved back to end with the data.
    Snap,
    /// As many windows as snap, spread evenly.
    Balance,
}

impl Edge {
    /// Every edge rule, for exhaustive tests.
    pub const ALL: [Self; 6] =
        [Self::Drop, Self::Keep, Self::Covered, Self::Ceil, Self::Snap, Self::Balance];

    /// Whether the rule may stand beside explicit padding.
    pub fn takes_padding(self) -> bool {
        matches!(self, Self::Drop | Self::Ceil)
    }
}

/// Which side takes the odd element when padding is chosen so that there is a window every step.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Same {
    /// The odd element goes after the data, as TensorFlow pads.
    Upper,
    /// The odd element goes before the data.
    Lower,
}

/// One axis and the windows over it, answered by enumeration.
///
/// Lengths are in elements. The fields are public so that a test can print or rebuild an axis; a
/// combination that has no meaning (padding beside [`Edge::Snap`], say) panics when it is asked.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct NaiveAxis {
    /// Elements of data.
    pub len: usize,
    /// Taps of a window.
    pub size: usize,
    /// Distance between neighbouring windows.
    pub step: usize,
    /// Distance between neighbouring taps.
    pub dilation: usize,
    /// What happens to the last windows.
    pub edge: Edge,
    /// Virtual elements before the data.
    pub before: usize,
    /// Virtual elements after the data.
    pub after: usize,
    /// Padding chosen so that there is a window every step; then `before` and `after` are zero.
    pub same: Option<Same>,
}

impl NaiveAxis {
    /// Windows of `size` adjacent elements, every `step`, without padding, under [`Edge::Drop`].
    pub fn new(len: usize, size: usize, step: usize) -> Self {
        Self { len, size, step, dilation: 1, edge: Edge::Drop, before: 0, after: 0, same: None }
    }

    /// The same axis with another distance between taps.
    pub fn dilation(mut self, dilation: usize) -> Self {
        self.dilation = dilation;
        self
    }

    /// The same axis with another rule for the last windows.
    pub fn edge(mut self, edge: Edge) -> Self {
        self.edge = edge;
        self
    }

    /// The same axis with explicit padding.
    pub fn padding(mut self, before: usize, after: usize) -> Self {
        (self.before, self.after) = (before, after);
        self
    }

    /// The same axis with padding chosen so that there is a window every step.
    pub fn same(mut self, same: Same) -> Self {
        self.same = Some(same);
        self
    }

    /// Whether the settings can stand together: positive size, step and dilation, padding only
    /// beside the edges that take it, nothing beside `same`.
    pub fn is_valid(&self) -> bool {
        let padded = self.before > 0 || self.after > 0;
        self.size > 0
            && self.step > 0
            && self.dilation > 0
            && (!padded || self.edge.takes_padding())
            && (self.same.is_none() || (!padded && self.edge == Edge::Drop))
    }

    /// Elements from the first tap of a window to its last, both included.
    pub fn field(&self) -> usize {
        let mut last = 0;
        for _ in 1..self.size {
            last += self.dilation;
        }
        last + 1
    }

    /// The padding in force, before and after: as given, or as `same` chooses it.
    ///
    /// An axis without windows (no data) is given none.
    pub fn padding_in_force(&self) -> (usize, usize) {
        let Some(same) = self.same else { return (self.before, self.after) };
        let Some(last) = self.every_step().pop() else { return (0, 0) };
        let (mut before, mut after) = (0, 0);
        let mut to_after = same == Same::Upper;
        // Deal out one element at a time, alternating, until the last window fits.
        while last as usize + self.field() > before + self.len + after {
            if to_after {
                after += 1;
            } else {
                before += 1;
            }
            to_after = !to_after;
        }
        (before, after)
    }

    /// Where each window starts: the coordinate of its first tap, which is negative in the padding
    /// before the data.
    ///
    /// # Panics
    ///
    /// If the settings cannot stand together ([`is_valid`](Self::is_valid)).
    pub fn starts(&self) -> Vec<i64> {
        assert!(self.is_valid(), "no such windows: {self:?}");
        let (before, after) = self.padding_in_force();
        let (len, field, step) = (self.len as i64, self.field() as i64, self.step as i64);
        let (first, end) = (-(before as i64), len + after as i64);
        let mut starts = Vec::new();
        match self.edge {
            Edge::Drop => {
                let mut start = first;
                while start + field <= end {
                    starts.push(start);
                    start += step;
                }
            }
            Edge::Ceil => {
                // A window is wanted while the one a step before it leaves padded elements unseen.
                // The one before the first is imaginary.
                let mut start = first;
                while start - step + field < end && start < len {
                    starts.push(start);
                    start += step;
                }
            }
            Edge::Keep => starts = self.every_step(),
            Edge::Covered => starts = self.until_all_seen(),
            Edge::Snap => {
                starts = self.until_all_seen();
                for start in &mut starts {
                    while *start > 0 && *start + field > len {
                        *start -= 1;
                    }
                }
            }
            Edge::Balance => {
                let count = self.until_all_seen().len() as i64;
                for i in 0..count {
                    starts.push(if count == 1 { 0 } else { nearest(i * (len - field), count - 1) });
                }
            }
        }
        starts
    }

    /// How many windows there are.
    pub fn count(&self) -> usize {
        self.starts().len()
    }

    /// The coordinate of every tap of window `i`, whether or not there is data at it.
    pub fn coordinates(&self, i: usize) -> Vec<i64> {
        let mut coordinate = self.starts()[i];
        let mut all = Vec::new();
        for _ in 0..self.size {
            all.push(coordinate);
            coordinate += self.dilation as i64;
        }
        all
    }

    /// The element under every tap of window `i`, `None` where there is no data.
    pub fn taps(&self, i: usize) -> Vec<Option<usize>> {
        let inside = |c: i64| (0..self.len).find(|&element| element as i64 == c);
        self.coordinates(i).into_iter().map(inside).collect()
    }

    /// The windows whose taps all have data, in order.
    pub fn interior(&self) -> Vec<usize> {
        (0..self.count()).filter(|&i| self.taps(i).iter().all(Option::is_some)).collect()
    }

    /// The windows with a tap on `element`, in order.
    pub fn covering(&self, element: usize) -> Vec<usize> {
        (0..self.count()).filter(|&i| self.taps(i).contains(&Some(element))).collect()
    }

    /// 0, step, 2 step, .. while inside the data.
    fn every_step(&self) -> Vec<i64> {
        (0..self.len).filter(|start| start % self.step == 0).map(|start| start as i64).collect()
    }

    /// 0, step, 2 step, .. up to the first window that reaches the end of the data.
    fn until_all_seen(&self) -> Vec<i64> {
        let mut starts = Vec::new();
        if self.len > 0 {
            let mut start = 0;
            starts.push(0);
            while start + self.field() < self.len {
                start += self.step;
                starts.push(start as i64);
            }
        }
        starts
    }
}

/// The whole number nearest to `numerator / denominator`, the greater of two equally near, found by
/// trying all.
fn nearest(numerator: i64, denominator: i64) -> i64 {
    let distance = |candidate: i64| (candidate * denominator - numerator).abs();
    let mut best = 0;
    for candidate in 0..=numerator {
        if distance(candidate) <= distance(best) {
            best = candidate;
        }
    }
    best
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Data drawn as 1..=len, padding and overhang as 0, as reference libraries print patches.
    fn drawn(axis: &NaiveAxis, i: usize) -> Vec<usize> {
        axis.taps(i).into_iter().map(|tap| tap.map_or(0, |element| element + 1)).collect()
    }

    #[test]
    fn same_upper_is_what_tensorflow_2_21_does() {
        // (len, size, step, dilation), count, total padding, first window, last window
        type Row = ((usize, usize, usize, usize), usize, usize, &'static [usize], &'static [usize]);
        let rows: [Row; 8] = [
            ((7, 3, 2, 1), 4, 2, &[0, 1, 2], &[6, 7, 0]),
            ((8, 3, 2, 1), 4, 1, &[1, 2, 3], &[7, 8, 0]),
            ((8, 3, 3, 1), 3, 1, &[1, 2, 3], &[7, 8, 0]),
            ((5, 4, 1, 1), 5, 3, &[0, 1, 2, 3], &[4, 5, 0, 0]),
            ((8, 3, 2, 2), 4, 3, &[0, 2, 4], &[6, 8, 0]),
            ((3, 2, 4, 1), 1, 0, &[1, 2], &[1, 2]),
            ((5, 2, 4, 1), 2, 1, &[1, 2], &[5, 0]),
            ((4, 1, 3, 1), 2, 0, &[1], &[4]),
        ];
        for ((len, size, step, dilation), count, padding, first, last) in rows {
            let axis = NaiveAxis::new(len, size, step).dilation(dilation).same(Same::Upper);
            let (before, after) = axis.padding_in_force();
            assert_eq!(axis.count(), count, "{axis:?}");
            assert_eq!((before, after), (padding / 2, padding.div_ceil(2)), "{axis:?}");
            assert_eq!(drawn(&axis, 0), first, "{axis:?}");
            assert_eq!(drawn(&axis, count - 1), last, "{axis:?}");
        }
    }

    #[test]
    fn same_lower_puts_the_odd_element_before() {
        let axis = NaiveAxis::new(8, 3, 2).same(Same::Lower);
        assert_eq!(axis.padding_in_force(), (1, 0));
        assert_eq!(drawn(&axis, 0), [0, 1, 2]);
        assert_eq!(drawn(&axis, 3), [6, 7, 8]);
    }

    #[test]
    fn same_of_nothing_is_nothing() {
        let axis = NaiveAxis::new(0, 3, 1).same(Same::Upper);
        assert_eq!((axis.count(), axis.padding_in_force()), (0, (0, 0)));
    }

    #[test]
    fn snap_and_balance_of_100_by_32_every_24() {
        let axis = NaiveAxis::new(100, 32, 24);
        assert_eq!(axis.clone().edge(Edge::Snap).starts(), [0, 24, 48, 68]);
        assert_eq!(axis.edge(Edge::Balance).starts(), [0, 23, 45, 68]);
    }

    #[test]
    fn balance_rounds_halves_up() {
        // 5 elements to distribute over 2 gaps: 0, 2.5, 5.
        assert_eq!(NaiveAxis::new(8, 3, 3).edge(Edge::Balance).starts(), [0, 3, 5]);
    }

    #[test]
    fn one_axis_under_every_edge() {
        let axis = NaiveAxis::new(10, 4, 3);
        let starts = |edge| axis.clone().edge(edge).starts();
        assert_eq!(starts(Edge::Drop), [0, 3, 6]);
        assert_eq!(starts(Edge::Keep), [0, 3, 6, 9]);
        assert_eq!(starts(Edge::Covered), [0, 3, 6]);
        assert_eq!(starts(Edge::Ceil), [0, 3, 6]);
        assert_eq!(starts(Edge::Snap), [0, 3, 6]);
        assert_eq!(starts(Edge::Balance), [0, 3, 6]);
        let axis = NaiveAxis::new(11, 4, 3);
        let starts = |edge| axis.clone().edge(edge).starts();
        assert_eq!(starts(Edge::Drop), [0, 3, 6]);
        assert_eq!(starts(Edge::Keep), [0, 3, 6, 9]);
        assert_eq!(starts(Edge::Covered), [0, 3, 6, 9]);
        assert_eq!(starts(Edge::Ceil), [0, 3, 6, 9]);
        assert_eq!(starts(Edge::Snap), [0, 3, 6, 7]);
        assert_eq!(starts(Edge::Balance), [0, 2, 5, 7]);
    }

    #[test]
    fn an_axis_shorter_than_the_window() {
        let axis = NaiveAxis::new(3, 5, 1);
        let starts = |edge| axis.clone().edge(edge).starts();
        assert_eq!(starts(Edge::Drop), []);
        assert_eq!(starts(Edge::Keep), [0, 1, 2]);
        assert_eq!(starts(Edge::Covered), [0]);
        assert_eq!(starts(Edge::Ceil), []);
        assert_eq!(starts(Edge::Snap), [0]);
        assert_eq!(starts(Edge::Balance), [0]);
        assert_eq!(axis.edge(Edge::Snap).taps(0), [Some(0), Some(1), Some(2), None, None]);
    }

    #[test]
    fn an_empty_axis_has_no_windows_unless_it_is_padded() {
        for edge in Edge::ALL {
            assert_eq!(NaiveAxis::new(0, 1, 1).edge(edge).starts(), [], "{edge:?}");
        }
        assert_eq!(NaiveAxis::new(0, 1, 1).padding(1, 1).starts(), [-1, 0]);
        // Under ceil the second would start in the padding after.
        assert_eq!(NaiveAxis::new(0, 1, 1).padding(1, 1).edge(Edge::Ceil).starts(), [-1]);
    }

    #[test]
    fn ceil_may_not_start_in_the_padding_after() {
        // The pooling rule: 5 + 1 + 1 by 2 every 2 would give a window that starts at 5 = len.
        let axis = NaiveAxis::new(5, 2, 3).padding(1, 1).edge(Edge::Ceil);
        assert_eq!(axis.starts(), [-1, 2]);
        let axis = NaiveAxis::new(6, 2, 3).padding(1, 1).edge(Edge::Ceil);
        assert_eq!(axis.starts(), [-1, 2, 5]);
    }

    #[test]
    fn taps_follow_dilation_into_the_padding() {
        let axis = NaiveAxis::new(5, 3, 2).dilation(2).padding(1, 2);
        assert_eq!(axis.field(), 5);
        assert_eq!(axis.starts(), [-1, 1]);
        assert_eq!(axis.coordinates(0), [-1, 1, 3]);
        assert_eq!(axis.taps(0), [None, Some(1), Some(3)]);
        assert_eq!(axis.taps(1), [Some(1), Some(3), None]);
        assert_eq!(axis.interior(), []);
        assert_eq!(axis.covering(3), [0, 1]);
        assert_eq!(axis.covering(2), []);
        assert_eq!(NaiveAxis::new(5, 2, 1).padding(1, 1).interior(), [1, 2, 3, 4]);
    }

    #[test]
    fn settings_that_contradict_each_other() {
        assert!(!NaiveAxis::new(3, 0, 1).is_valid());
        assert!(!NaiveAxis::new(3, 1, 0).is_valid());
        assert!(!NaiveAxis::new(3, 1, 1).dilation(0).is_valid());
        assert!(!NaiveAxis::new(3, 1, 1).padding(0, 1).edge(Edge::Snap).is_valid());
        assert!(!NaiveAxis::new(3, 1, 1).padding(0, 1).same(Same::Upper).is_valid());
        assert!(!NaiveAxis::new(3, 1, 1).edge(Edge::Keep).same(Same::Upper).is_valid());
        assert!(NaiveAxis::new(3, 1, 1).padding(0, 1).edge(Edge::Ceil).is_valid());
    }
}
