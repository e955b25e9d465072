//! The innermost loops, each compiled once per instruction set and chosen at run time.
//!
//! There is no intrinsic and no `unsafe` here: the loops are plain, and the compiler turns them into
//! vectors of whatever width [`Isa`] has. What it does badly alone is a rest shorter than a vector, one
//! element at a time: [`whole_lines`] moves the last line back instead, so that short rows (20, 28 or 56
//! elements are common) run at vector speed too. Measured on 20 to 64 elements of `f32` and `u8`:
//! 3 to 5 ns a call, against 5 to 7 with the compiler's rest; loops over arrays of one line, which look
//! like the better way to say it, became gathers and took ten times as long.

use core::marker::PhantomData;
use core::ops::Range;

use windows_core::kernel::{Isa, Vectorized, vectorized};

use crate::element::number::Number;
use crate::fold::{Fold, Join};

/// The loops of a fold or a join, for one instruction set.
#[derive(Clone, Copy)]
pub(crate) struct Lanes<F> {
    pub(crate) fold: F,
    pub(crate) isa: Isa,
}

/// A function whose body is compiled per instruction set.
macro_rules! leaf {
    ($(#[$doc:meta])* $name:ident $(<const $n:ident: usize>)? (
        $kind:ident: $of:ident, $this:ident $(, $arg:ident: $ty:ty)* $(,)?
    ) $(-> $ret:ty)? $body:block) => {
        $(#[$doc])*
        pub(crate) fn $name<'a $(, const $n: usize)?>(self $(, $arg: $ty)*) $(-> $ret)? {
            struct Leaf<'a, $kind: $of $(, const $n: usize)?> {
                $this: $kind,
                $($arg: $ty,)*
                life: PhantomData<&'a $kind>,
            }
            impl<'a, $kind: $of $(, const $n: usize)?> Vectorized for Leaf<'a, $kind $(, $n)?> {
                type Output = leaf!(@ret $($ret)?);

                #[inline(always)]
                fn run(self) -> Self::Output {
                    let Self { $this, $($arg,)* life: _ } = self;
                    $body
                }
            }
            vectorized(self.isa, Leaf $(::<'a, $kind, $n>)? {
                $this: self.fold,
                $($arg,)*
                life: PhantomData,
            })
        }
    };
    (@ret $ret:ty) => { $ret };
    (@ret) => { () };
}

/// Runs a body over `0..len` in whole cache lines of elements of `size` bytes, the last one moved back to
/// end with the run: its elements may then be written twice. A run shorter than a line is done as it is.
#[inline(always)]
fn whole_lines(len: usize, size: usize, mut body: impl FnMut(Range<usize>)) {
    let line = 64 / size.min(64);
    let whole = if len < line { len } else { len / line * line };
    body(0..whole);
    if whole < len {
        body(len - line..len);
    }
}

impl<F: Fold> Lanes<F> {
    /// The loops that only join.
    pub(crate) fn joins(self) -> Lanes<F::Joins> {
        Lanes { fold: self.fold.joins(), isa: self.isa }
    }

    leaf! {
        /// Loads elements as accumulators; whether one is NaN.
        load(F: Fold, fold, out: &'a mut [F::Acc], input: &'a [F::In]) -> bool {
            let input = &input[..out.len()];
            let mut nan = false;
            whole_lines(out.len(), size_of::<F::In>(), |run| {
                let (out, input) = (&mut out[run.clone()], &input[run]);
                let mut found = false;
                for i in 0..out.len() {
                    out[i] = fold.load(input[i]);
                    found |= input[i].not_a_number();
                }
                nan |= found;
            });
            nan
        }
    }

    leaf! {
        /// Whether an element is NaN.
        scan(F: Fold, _fold, input: &'a [F::In]) -> bool {
            let mut found = false;
            for value in input {
                found |= value.not_a_number();
            }
            found
        }
    }

    leaf! {
        /// Joins up to three runs to results; where areas matter, each has one of its own, times one for all.
        emit(
            F: Fold, fold, out: &'a mut [F::Out], runs: &'a [&'a [F::Acc]], area: f64, areas: &'a [f64],
        ) {
            let joins = fold.joins();
            // A few lines of accumulators stay in registers or the nearest cache; runs are few, and a
            // loop over them, outside of that over elements, is compiled once for any number.
            let mut buffer = [joins.identity(); 64];
            let mut start = 0;
            for out in out.chunks_mut(buffer.len()) {
                let part = start..start + out.len();
                let acc = &mut buffer[..out.len()];
                acc.copy_from_slice(&runs[0][part.clone()]);
                for run in &runs[1..] {
                    let run = &run[part.clone()];
                    for i in 0..acc.len() {
                        acc[i] = joins.join(acc[i], run[i]);
                    }
                }
                if F::WEIGHTED {
                    let areas = &areas[part];
                    for i in 0..acc.len() {
                        out[i] = fold.finish(acc[i], area * areas[i]);
                    }
                } else {
                    for i in 0..acc.len() {
                        out[i] = fold.finish(acc[i], area);
                    }
                }
                start += acc.len();
            }
        }
    }
}

impl<J: Join> Lanes<J> {
    leaf! {
        /// Joins runs element by element. Four runs are joined as two pairs, three as a pair and one, as
        /// doubling would.
        join<const N: usize>(J: Join, fold, out: &'a mut [J::Acc], runs: [&'a [J::Acc]; N]) {
            whole_lines(out.len(), size_of::<J::Acc>(), |run| {
                let runs = runs.map(|part| &part[run.clone()]);
                let out = &mut out[run];
                for i in 0..out.len() {
                    out[i] = joined(fold, runs, i);
                }
            });
        }
    }

    leaf! {
        /// Joins a run to the right of what there is.
        append(J: Join, fold, out: &'a mut [J::Acc], run: &'a [J::Acc]) {
            let run = &run[..out.len()];
            let mut body = |part: Range<usize>| {
                let (out, run) = (&mut out[part.clone()], &run[part]);
                for i in 0..out.len() {
                    out[i] = fold.join(out[i], run[i]);
                }
            };
            if J::IDEMPOTENT {
                whole_lines(run.len(), size_of::<J::Acc>(), body);
            } else {
                body(0..run.len());
            }
        }
    }

    leaf! {
        /// Windows of `K` neighbours at step 2, for `K` of 2 and 3: the even elements joined with the odd
        /// ones, and with the next even ones.
        halve<const K: usize>(J: Join, fold, out: &'a mut [J::Acc], input: &'a [J::Acc]) {
            whole_lines(out.len(), size_of::<J::Acc>(), |run| {
                let pairs = input[2 * run.start..].chunks_exact(2);
                let next = input[2 * run.start + K - 1..].chunks(2);
                for ((out, pair), next) in out[run].iter_mut().zip(pairs).zip(next) {
                    let both = fold.join(pair[0], pair[1]);
                    *out = if K == 3 { fold.join(both, next[0]) } else { both };
                }
            });
        }
    }

    leaf! {
        /// Every `step`-th element.
        pick(J: Join, _fold, out: &'a mut [J::Acc], input: &'a [J::Acc], step: usize) {
            match step {
                2 => pick::<_, 2>(out, input),
                3 => pick::<_, 3>(out, input),
                4 => pick::<_, 4>(out, input),
                _ => out.iter_mut().zip(input.iter().step_by(step)).for_each(|(out, &value)| *out = value),
            }
        }
    }

    leaf! {
        /// Windows of pixels of `inner` elements at any step in one row.
        pixels(
            J: Join, fold, out: &'a mut [J::Acc], input: &'a [J::Acc], inner: usize, taps: usize, step: usize,
            apart: usize,
        ) {
            for (position, out) in out.chunks_exact_mut(inner).enumerate() {
                let input = &input[position * step * inner..];
                match taps {
                    1 => out.copy_from_slice(&input[..inner]),
                    2 => pixel::<J, 2>(fold, out, input, apart * inner),
                    3 => pixel::<J, 3>(fold, out, input, apart * inner),
                    _ => {
                        pixel::<J, 4>(fold, out, input, apart * inner);
                        for tap in 4..taps {
                            let run = &input[tap * apart * inner..][..inner];
                            for i in 0..inner {
                                out[i] = fold.join(out[i], run[i]);
                            }
                        }
                    }
                }
            }
        }
    }
}

/// One element of joined runs.
#[inline(always)]
fn joined<J: Join, const N: usize>(fold: J, runs: [&[J::Acc]; N], i: usize) -> J::Acc {
    match N {
        1 => runs[0][i],
        2 => fold.join(runs[0][i], runs[1][i]),
        3 => fold.join(fold.join(runs[0][i], runs[1][i]), runs[2][i]),
        _ => fold.join(fold.join(runs[0][i], runs[1][i]), fold.join(runs[2][i], runs[3][i])),
    }
}

/// Every `STEP`-th element, the distance known to the compiler.
#[inline(always)]
fn pick<A: Copy, const STEP: usize>(out: &mut [A], input: &[A]) {
    for (out, group) in out.iter_mut().zip(input.chunks_exact(STEP)) {
        *out = group[0];
    }
    // A last group may be short.
    let whole = input.len() / STEP;
    for (out, group) in out.iter_mut().zip(input.chunks(STEP)).skip(whole) {
        *out = group[0];
    }
}

/// One pixel of `N` joined ones.
#[inline(always)]
fn pixel<J: Join, const N: usize>(fold: J, out: &mut [J::Acc], input: &[J::Acc], apart: usize) {
    let inner = out.len();
    whole_lines(inner, size_of::<J::Acc>(), |run| {
        let runs: [&[J::Acc]; N] = core::array::from_fn(|tap| &input[tap * apart..][run.clone()]);
        let out = &mut out[run];
        for i in 0..out.len() {
            out[i] = joined(fold, runs, i);
        }
    });
}
