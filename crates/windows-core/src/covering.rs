//! Which windows of an axis contain an element.

use core::iter::FusedIterator;

use crate::Edge;
use crate::axis::{Axis, gcd, max, min};

/// The positions whose window has a given element among its taps, ascending. Made by
/// [`Axis::covering`]; `O(1)` to make on a regular axis (one greatest common divisor under dilation).
#[derive(Clone, Debug, PartialEq)]
pub struct Covering {
    axis: Axis,
    element: usize,
    /// Candidates are `next, next + stride, .. < end`.
    next: usize,
    end: usize,
    stride: usize,
    /// Whether candidates must still be tried: only where starts are not `i S - b`.
    tried: bool,
}

impl Covering {
    pub(crate) const fn new(axis: Axis, element: usize) -> Self {
        let mut covering = Self { axis, element, next: 0, end: 0, stride: 1, tried: false };
        if element >= axis.len() || axis.count() == 0 {
            return covering;
        }
        if axis.is_regular() {
            covering.regular();
        } else {
            covering.hull();
        }
        covering
    }

    /// Solves `i S + t D = x + b` for `0 <= t < K`.
    const fn regular(&mut self) {
        let (step, dilation) = (self.axis.step(), self.axis.dilation());
        let target = self.element + self.axis.before();
        let reach = self.axis.field() - 1;
        let first = if target > reach { (target - reach).div_ceil(step) } else { 0 };
        self.end = min(target / step + 1, self.axis.count());
        self.next = min(first, self.end);
        let gcd = gcd(step, dilation);
        let period = dilation / gcd;
        if !target.is_multiple_of(gcd) {
            self.next = self.end;
            return;
        }
        if period == 1 {
            return;
        }
        // i = (x + b) / g * (S / g)^-1 modulo D / g
        let inverse = inverse_modulo(step / gcd % period, period);
        let residue = ((target / gcd % period) as u128 * inverse as u128 % period as u128) as usize;
        let behind = (residue + period - self.next % period) % period;
        self.next = match self.next.checked_add(behind) {
            Some(next) => min(next, self.end),
            None => self.end,
        };
        self.stride = period;
    }

    /// A range of positions outside of which no window reaches the element.
    const fn hull(&mut self) {
        let axis = &self.axis;
        let (count, x, reach) = (axis.count(), self.element, axis.field() - 1);
        self.tried = true;
        match axis.spec().edge {
            Edge::Balance => {
                // start(i) is within 1/2 of i span / (n - 1): widen by one position and try.
                let (span, last) = ((axis.len() - axis.field()) as u128, (count - 1) as u128);
                let low = x.saturating_sub(reach + 1) as u128 * last / span;
                let high = (x as u128 + 1) * last / span + 2;
                self.next = if low > 0 { low as usize - 1 } else { 0 };
                self.end = if high < count as u128 { high as usize } else { count };
            }
            // Of these, only snap has starts that are not regular.
            Edge::Snap | Edge::Drop | Edge::Keep | Edge::Ceil | Edge::Covered => {
                self.next = min(x.saturating_sub(reach).div_ceil(axis.step()), count - 1);
                // The last window has moved back, so it may follow a gap.
                self.end = min(x / axis.step() + 1, count);
                if axis.start(count - 1) as usize <= x {
                    self.end = count;
                }
            }
        }
        self.end = max(self.end, self.next);
    }

    const fn covers(&self, position: usize) -> bool {
        if !self.tried {
            return true;
        }
        let behind = self.element as isize - self.axis.start(position);
        behind >= 0
            && behind < self.axis.field() as isize
            && (behind as usize).is_multiple_of(self.axis.dilation())
    }
}

/// `a^-1` modulo `m`, for coprime `a < m` and `m > 1`.
const fn inverse_modulo(a: usize, m: usize) -> usize {
    let (mut old, mut new) = ((a as i128, 1_i128), (m as i128, 0_i128));
    while new.0 != 0 {
        let quotient = old.0 / new.0;
        (old, new) = (new, (old.0 - quotient * new.0, old.1 - quotient * new.1));
    }
    old.1.rem_euclid(m as i128) as usize
}

impl Iterator for Covering {
    type Item = usize;

    fn next(&mut self) -> Option<usize> {
        while self.next < self.end {
            let position = self.next;
            self.next = position.saturating_add(self.stride);
            if self.covers(position) {
                return Some(position);
            }
        }
        None
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        let candidates = self.end.saturating_sub(self.next).div_ceil(self.stride);
        (if self.tried { 0 } else { candidates }, Some(candidates))
    }
}

impl FusedIterator for Covering {}
