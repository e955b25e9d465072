//! Windows along a row, by vectors that go along it.
//!
//! ```text
//! run        a    b    c    d    e    f  ..
//! joined 2   ab   bc   cd   de   ef   ..       the vector, joined with itself shifted by 1
//! joined 4   abcd bcde cdef ..                 that, shifted by 2
//! ```
//!
//! Right to left, for what is shifted in comes from the vector to the right. A window of any size is some of a power of
//! two, of which the last overlaps; of 3 and 5, where a shift by 1 is cheaper, that and one element more.

use crate::kernel::LoadRows;

use super::{OnVectors, Vector, join_all, load_all, places, store_all, strips};

/// What [`Joins::slide`](crate::kernel::joins::Joins::slide) does with neighbours: `out[i]` joins `taps` elements from `run[i]`
/// on. Whether one of them is NaN.
///
/// Right to left, a vector of joins of 2 neighbours is made from one of single elements and the one to the
/// right of it, shifted in registers, one of 4 from two of 2 and so on. Each element is read once, where
/// shifted runs would be read twice for each doubling, and across the lines of the cache.
pub(crate) struct Slide<'a, A> {
    pub(crate) out: &'a mut [A],
    pub(crate) run: &'a [A],
    pub(crate) taps: usize,
    /// At least a vector longer than the run.
    pub(crate) work: &'a mut [A],
    pub(crate) identity: A,
}

impl<A: Copy> OnVectors<A> for Slide<'_, A> {
    type Output = bool;

    #[inline(always)]
    unsafe fn run<V: Vector<Element = A>>(self, flip: V::Flip) -> bool {
        let Self { out, run, taps, work, identity } = self;
        let (len, lanes) = (out.len(), V::LANES);
        assert!(len >= lanes && taps > 0 && run.len() == len + taps - 1, "a window for each");
        let doublings = taps.ilog2().min(lanes.ilog2());
        // 3 and 5 are a doubling and one more element.
        let plus = matches!(taps, 3 | 5);
        let mut joined = 1_usize << doublings;
        let direct = plus || joined == taps;
        let first = if direct { len } else { run.len() - joined + 1 };
        assert!(direct || work.len() >= run.len() + lanes, "room for joined runs");
        let to = if direct { &mut *out } else { &mut work[..first] };
        // SAFETY: the instructions are there; there is a vector of results, and an element for each.
        let nan = unsafe {
            match doublings {
                0 => doubled::<V, 0>(flip, to, run, plus, identity),
                1 => doubled::<V, 1>(flip, to, run, plus, identity),
                2 => doubled::<V, 2>(flip, to, run, plus, identity),
                3 if lanes >= 8 => doubled::<V, 3>(flip, to, run, false, identity),
                4 if lanes >= 16 => doubled::<V, 4>(flip, to, run, false, identity),
                5 if lanes >= 32 => doubled::<V, 5>(flip, to, run, false, identity),
                _ => doubled::<V, 6>(flip, to, run, false, identity),
            }
        };
        if direct {
            return nan;
        }
        let (out, work) = (out.as_mut_ptr(), work.as_mut_ptr());
        let mut reach = first;
        // SAFETY: what is read and written in `work` ends less than a vector behind `first`, for `reach` is
        // shorter than that by what the shifts add. The runs that are joined last end with it, and `out`.
        unsafe {
            while taps > 4 * joined {
                reach -= 3 * joined;
                for start in (0..reach).step_by(lanes) {
                    let at = work.add(start);
                    let left = V::load(flip, at).join(V::load(flip, at.add(joined)));
                    let right =
                        V::load(flip, at.add(2 * joined)).join(V::load(flip, at.add(3 * joined)));
                    left.join(right).store(flip, at);
                }
                joined *= 4;
            }
            let last = taps - joined;
            strips!(V, len, threes, |at| {
                let mut acc = load_all::<V, _>(flip, work, at);
                let mut shift = joined;
                while shift < last {
                    acc = join_all(acc, load_all(flip, work.add(shift), at));
                    shift += joined;
                }
                acc = join_all(acc, load_all(flip, work.add(last), at));
                store_all(flip, acc, out, at);
            });
        }
        nan
    }
}

/// Joins pixels, or a run with itself, shifted. Whether one of the elements is NaN.
///
/// ```text
/// for each pixel p of out, for each element i of a pixel:
///     out[p * inner + i] = data[p * step + i] + data[p * step + apart + i] + .. `taps` of them
/// ```
///
/// A run is one pixel of many elements. To the right of what there is if that is `held`.
pub(crate) struct Taps<'a, A> {
    pub(crate) out: &'a mut [A],
    pub(crate) data: &'a [A],
    pub(crate) inner: usize,
    pub(crate) taps: usize,
    /// Elements from one pixel to the next, and from one tap to the next.
    pub(crate) step: usize,
    pub(crate) apart: usize,
    pub(crate) held: bool,
}

impl<A> Taps<'_, A> {
    /// One past the last element that is read, of so many pixels.
    fn end(&self, pixels: usize) -> Option<usize> {
        let last = pixels.checked_sub(1)?.checked_mul(self.step)?;
        let tap = self.taps.checked_sub(1)?.checked_mul(self.apart)?;
        last.checked_add(tap)?.checked_add(self.inner)
    }
}

impl<A: Copy> OnVectors<A> for Taps<'_, A> {
    type Output = bool;

    #[inline(always)]
    unsafe fn run<V: Vector<Element = A>>(self, flip: V::Flip) -> bool {
        let end = self.end(self.out.len() / self.inner);
        assert!(end.is_some_and(|end| end <= self.data.len()), "elements of each tap");
        let Self { out, data, inner, taps, step, apart, held } = self;
        assert!(inner >= V::LANES, "pixels of whole vectors");
        let mut from = data.as_ptr();
        // SAFETY: the instructions are there; as asserted, pixels are no shorter than a vector, and taps are within the
        // data.
        unsafe {
            let mut seen = [V::unseen(); 4];
            for out in out.chunks_exact_mut(inner) {
                let out = out.as_mut_ptr();
                strips!(V, inner, |at| {
                    let mut acc = load_all::<V, _>(flip, from, at);
                    let mut left = acc;
                    if held {
                        acc = join_all(load_all(flip, out, at), acc);
                    }
                    let (mut tap, mut this) = (1, from);
                    loop {
                        // Two by two, for one comparison finds a NaN in either.
                        let mut right = left;
                        if tap < taps {
                            this = this.add(apart);
                            right = load_all(flip, this, at);
                            acc = join_all(acc, right);
                        }
                        for i in 0..at.len() {
                            seen[i] = left[i].see(right[i], seen[i]);
                        }
                        if tap + 1 >= taps {
                            break;
                        }
                        this = this.add(apart);
                        left = load_all(flip, this, at);
                        acc = join_all(acc, left);
                        tap += 2;
                    }
                    store_all(flip, acc, out, at);
                });
                from = from.wrapping_add(step);
            }
            V::any(seen)
        }
    }
}

/// Bytes ahead of what is loaded that are asked for. Rows as long as that are left to the compiler's loop: what
/// follows in a row the processor asks for by itself (sliding maxima of 3 x 3 over rows of 7680 bytes took a
/// tenth longer).
pub(crate) const FETCH: usize = 4096;

/// What [`Lanes::load_rows`](crate::kernel::Lanes::load_rows) does with elements that are loaded as they are.
pub(crate) struct Load<'a, A> {
    pub(crate) out: &'a mut [A],
    pub(crate) data: &'a [A],
    pub(crate) rows: LoadRows,
    pub(crate) identity: A,
}

impl<A: Copy> OnVectors<A> for Load<'_, A> {
    type Output = ();

    #[inline(always)]
    unsafe fn run<V: Vector<Element = A>>(self, flip: V::Flip) {
        let Self { out, data, rows, identity } = self;
        let LoadRows { start, stride, len, before, pitch, padded } = rows;
        let count = out.len().div_ceil(pitch);
        let last = start + (count - 1) as isize * stride;
        let inside = |start: isize| start >= 0 && start as usize + len <= data.len();
        assert!(inside(start) && inside(last), "rows of the data");
        assert!(len >= V::LANES && before + len <= pitch, "rows of whole vectors");
        assert!((count - 1) * pitch + before + len <= out.len(), "a place for each row");
        let (to, last_vector) = (out.as_mut_ptr(), out.len() - V::LANES);
        // SAFETY: the first and the last row are in the data, and so are those between; each has a place, and
        // is no shorter than a vector.
        unsafe {
            // The padding first: what is written too much of it is written over.
            let none = V::splat(flip, identity);
            let mut at = if padded == 0 { 0 } else { usize::MAX };
            while at < before {
                none.store(flip, to.add(at));
                at += V::LANES;
            }
            for row in padded..count {
                let mut at = row * pitch + before + len;
                let end = out.len().min(at + pitch - len);
                while at < end {
                    none.store(flip, to.add(at.min(last_vector)));
                    at += V::LANES;
                }
            }
            strips!(V, len, |at| {
                let (mut from, mut to) = (data.as_ptr().add(start as usize), to.add(before));
                for _ in 0..count {
                    for at in at {
                        V::fetch(from.wrapping_add(at).wrapping_byte_add(FETCH));
                    }
                    store_all(flip, load_all::<V, _>(flip, from, at), to, at);
                    (from, to) = (from.wrapping_offset(stride), to.wrapping_add(pitch));
                }
            });
        }
    }
}

/// What [`Load`] and then [`Slide`] do, row by row and in one go: nothing is staged. Whether there is a NaN.
pub(crate) struct SlideRows<'a, A> {
    /// Rows of windows, as far apart as rows would be staged.
    pub(crate) out: &'a mut [A],
    pub(crate) data: &'a [A],
    pub(crate) rows: LoadRows,
    pub(crate) count: usize,
    /// Windows of a row.
    pub(crate) windows: usize,
    pub(crate) taps: usize,
    pub(crate) identity: A,
}

/// Where lanes of a vector are chosen: those that are loaded, and those that are stored.
#[derive(Clone, Copy)]
struct Edge<V: Vector> {
    vector: usize,
    real: V::Chosen,
    windows: V::Chosen,
}

impl<A> SlideRows<'_, A> {
    /// Whether rows can be done: windows of doublings and at most one element more, and padding that is in the
    /// first vector and the last two, where a vector is at least 8 elements.
    pub(crate) fn takes(rows: LoadRows, windows: usize, taps: usize) -> bool {
        let after = (windows + taps).saturating_sub(1 + rows.before + rows.len);
        matches!(taps, 2..=5) && windows > 0 && rows.before < 8 && after < 8
    }
}

impl<A: Copy> OnVectors<A> for SlideRows<'_, A> {
    type Output = bool;
    const CHOOSES: bool = true;

    #[inline(always)]
    unsafe fn run<V: Vector<Element = A>>(self, flip: V::Flip) -> bool {
        let LoadRows { start, stride, len, pitch, .. } = self.rows;
        let last = start + (self.count as isize - 1) * stride;
        let inside = |start: isize| start >= 0 && start as usize + len <= self.data.len();
        assert!(self.count > 0 && inside(start) && inside(last), "rows of the data");
        assert!((self.count - 1) * pitch + self.windows <= self.out.len(), "a place for each row");
        assert!(Self::takes(self.rows, self.windows, self.taps) && V::LANES >= 8, "short windows");
        // SAFETY: the instructions are there, and as asserted rows and places.
        unsafe {
            match self.taps {
                2 => self.rows::<V, 1, false>(flip),
                3 => self.rows::<V, 1, true>(flip),
                4 => self.rows::<V, 2, false>(flip),
                _ => self.rows::<V, 2, true>(flip),
            }
        }
    }
}

impl<A: Copy> SlideRows<'_, A> {
    /// Windows of `2^N` elements, and one more if `PLUS`.
    ///
    /// # Safety
    /// The processor has the instructions, and what [`SlideRows::run`] asserts.
    #[inline(always)]
    unsafe fn rows<V: Vector<Element = A>, const N: usize, const PLUS: bool>(
        self,
        flip: V::Flip,
    ) -> bool {
        let Self { out, data, rows, count, windows, taps, identity } = self;
        let LoadRows { start, stride, len, before, pitch, .. } = rows;
        let vectors = (windows + taps - 1).div_ceil(V::LANES);
        let (mut from, mut to) = (data.as_ptr().wrapping_offset(start), out.as_mut_ptr());
        from = from.wrapping_sub(before);
        // SAFETY: the instructions are there. Chosen lanes are elements of a row, and places for its windows;
        // between the first and the last two vectors all are.
        unsafe {
            let none = V::splat(flip, identity);
            let edge = |vector: usize| {
                let lane = |place: usize| place.saturating_sub(vector * V::LANES).min(V::LANES);
                let (real, windows) = ((lane(before), lane(before + len)), lane(windows));
                let (real, windows) = (V::choose(real.0, real.1), V::choose(0, windows));
                Edge::<V> { vector, real, windows }
            };
            let edges = [edge(vectors - 1), edge(vectors.max(2) - 2), edge(0)];
            let mut seen = V::unseen();
            for _ in 0..count {
                let mut behind = Behind { joined: [none; N], plus: none };
                macro_rules! step {
                    ($vector:expr) => {{
                        let vector = $vector;
                        seen = vector.see(vector, seen);
                        behind.step(vector, PLUS)
                    }};
                }
                macro_rules! at_edge {
                    ($edge:expr) => {{
                        let Edge { vector, real, windows } = $edge;
                        let at = vector * V::LANES;
                        let acc = step!(V::load_chosen(flip, from.wrapping_add(at), real, none));
                        acc.store_chosen(flip, to.wrapping_add(at), windows);
                    }};
                }
                at_edge!(edges[0]);
                if vectors > 1 {
                    at_edge!(edges[1]);
                }
                if vectors > 2 {
                    for vector in (1..vectors - 2).rev() {
                        let at = vector * V::LANES;
                        step!(V::load(flip, from.wrapping_add(at)))
                            .store(flip, to.wrapping_add(at));
                    }
                    at_edge!(edges[2]);
                }
                (from, to) = (from.wrapping_offset(stride), to.wrapping_add(pitch));
            }
            V::any([seen])
        }
    }
}

/// What a vector of neighbours is joined with, of the vector that was to its right: joins of 1, 2, 4.. elements,
/// and the last of these joins.
struct Behind<V, const N: usize> {
    joined: [V; N],
    plus: V,
}

impl<V: Vector, const N: usize> Behind<V, N> {
    /// Joins each element of a vector with those to its right: `2^N`, and one more if `plus`.
    ///
    /// # Safety
    /// That of [`Vector`].
    #[inline(always)]
    unsafe fn step(&mut self, vector: V, plus: bool) -> V {
        let mut acc = vector;
        // SAFETY: the caller's.
        unsafe {
            for i in 0..N {
                let behind = core::mem::replace(&mut self.joined[i], acc);
                acc = acc.join(acc.ahead(1 << i, behind));
            }
            if plus {
                let behind = core::mem::replace(&mut self.plus, acc);
                acc = acc.join(acc.ahead(1, behind));
            }
        }
        acc
    }
}

/// Joins `2^N` neighbours and one more if `plus`, into `out`. Whether one is NaN.
///
/// # Safety
/// The processor has the instructions. `out` is no shorter than a vector, `run` longer than that by what is
/// joined, less one, and that is no more than a vector.
#[inline(always)]
unsafe fn doubled<V: Vector, const N: usize>(
    flip: V::Flip,
    out: &mut [V::Element],
    run: &[V::Element],
    plus: bool,
    identity: V::Element,
) -> bool {
    let (lanes, len) = (V::LANES, run.len());
    // SAFETY: the instructions are there.
    let (none, mut seen) = unsafe { (V::splat(flip, identity), V::unseen()) };
    // The last vectors, between what is before them and nothing behind them.
    let whole = (out.len() / lanes) * lanes;
    let (run, to) = (run.as_ptr(), out.as_mut_ptr());
    let mut next = Behind { joined: [none; N], plus: none };
    // SAFETY: `whole` is at least a vector and ends with a vector of `out`, so of `run`. Behind it there are less
    // than two vectors of `run`, which have room in the last three of `tail`.
    unsafe {
        let mut tail = [none; 4];
        let start = tail.as_mut_ptr().cast::<V::Element>();
        // Keys, as vectors hold them.
        let held = |at: usize| start.add(at).cast::<V>();
        held(len - whole).write_unaligned(V::load(flip, run.add(len - lanes)));
        if len - whole > lanes {
            held(lanes).write_unaligned(V::load(flip, run.add(whole)));
        }
        let (this, behind) = (tail[1], tail[2]);
        seen = this.see(behind, seen);
        let _ = next.step(behind, plus);
        let rest = next.step(this, plus);
        let mut at = whole - lanes;
        let vector = V::load(flip, run.add(at));
        seen = vector.see(this, seen);
        let mut acc = next.step(vector, plus);
        if whole < out.len() {
            (tail[0], tail[1]) = (acc, rest);
            let start = tail.as_ptr().cast::<V::Element>();
            let last = start.add(out.len() - whole).cast::<V>().read_unaligned();
            last.store(flip, to.add(out.len() - lanes));
        }
        acc.store(flip, to.add(at));
        // Two at once, for one look at both.
        while at >= 2 * lanes {
            let pair = [V::load(flip, run.add(at - lanes)), V::load(flip, run.add(at - 2 * lanes))];
            seen = pair[0].see(pair[1], seen);
            for vector in pair {
                at -= lanes;
                acc = next.step(vector, plus);
                acc.store(flip, to.add(at));
            }
        }
        if at > 0 {
            let vector = V::load(flip, run);
            seen = vector.see(vector, seen);
            acc = next.step(vector, plus);
            acc.store(flip, to);
        }
        V::any([seen])
    }
}
