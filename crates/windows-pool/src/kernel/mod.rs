//! The innermost loops, each compiled once per instruction set and chosen at run time.
//!
//! There is no intrinsic and no `unsafe` here: the loops are plain, and the compiler turns them into
//! vectors of whatever width [`Isa`] has. What it does badly alone is a rest shorter than a vector, one
//! element at a time: [`whole_lines`] moves the last line back instead, so that short rows (20, 28 or 56
//! elements are common) run at vector speed too. Measured on 20 to 64 elements of `f32` and `u8`:
//! 3 to 5 ns a call, against 5 to 7 with the compiler's rest; loops over arrays of one line, which look
//! like the better way to say it, became gathers and took ten times as long.

use core::ops::Range;

use windows_core::kernel::{Isa, Vectorized, vectorized};

use crate::element::number::Number;
use crate::fold::Fold;

/// The loops of a fold, for one instruction set.
#[derive(Clone, Copy)]
pub(crate) struct Lanes<F> {
    pub(crate) fold: F,
    pub(crate) isa: Isa,
}

/// A function whose body is compiled per instruction set.
macro_rules! leaf {
    ($(#[$doc:meta])* $name:ident $(<const $n:ident: usize>)? ($this:ident $(, $arg:ident: $ty:ty)* $(,)?)
        $(-> $ret:ty)? $body:block) => {
        $(#[$doc])*
        pub(crate) fn $name<'a $(, const $n: usize)?>(self $(, $arg: $ty)*) $(-> $ret)? {
            struct Leaf<'a, F: Fold $(, const $n: usize)?> {
                $this: F,
                $($arg: $ty,)*
                life: core::marker::PhantomData<&'a F>,
            }
            impl<'a, F: Fold $(, const $n: usize)?> Vectorized for Leaf<'a, F $(, $n)?> {
                type Output = leaf!(@ret $($ret)?);

                #[inline(always)]
                fn run(self) -> Self::Output {
                    let Self { $this, $($arg,)* life: _ } = self;
                    $body
                }
            }
            vectorized(self.isa, Leaf $(::<'a, F, $n>)? {
                $this: self.fold,
                $($arg,)*
                life: core::marker::PhantomData,
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
    if len < line {
        body(0..len);
        return;
    }
    let whole = len / line * line;
    body(0..whole);
    if whole < len {
        body(len - line..len);
    }
}

impl<F: Fold> Lanes<F> {
    leaf! {
        /// Loads elements as accumulators; whether one is NaN.
        load(fold, out: &'a mut [F::Acc], input: &'a [F::In]) -> bool {
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
        scan(_fold, input: &'a [F::In]) -> bool {
            let mut nan = false;
            whole_lines(input.len(), size_of::<F::In>(), |run| {
                let mut found = false;
                for value in &input[run] {
                    found |= value.not_a_number();
                }
                nan |= found;
            });
            nan
        }
    }

    leaf! {
        /// Joins runs element by element. Four runs are joined as two pairs, three as a pair and one, as
        /// doubling would.
        join<const N: usize>(fold, out: &'a mut [F::Acc], runs: [&'a [F::Acc]; N]) {
            whole_lines(out.len(), size_of::<F::Acc>(), |run| {
                let runs = runs.map(|part| &part[run.clone()]);
                let out = &mut out[run];
                for i in 0..out.len() {
                    out[i] = joined(fold, runs, i);
                }
            });
        }
    }

    leaf! {
        /// Joins runs to results.
        emit<const N: usize>(fold, out: &'a mut [F::Out], runs: [&'a [F::Acc]; N], area: f64) {
            whole_lines(out.len(), size_of::<F::Acc>(), |run| {
                let runs = runs.map(|part| &part[run.clone()]);
                let out = &mut out[run];
                for i in 0..out.len() {
                    out[i] = fold.finish(joined(fold, runs, i), area);
                }
            });
        }
    }

    leaf! {
        /// As `emit`, each result with an area of its own, times one for all.
        emit_weighted<const N: usize>(
            fold, out: &'a mut [F::Out], runs: [&'a [F::Acc]; N], area: f64, areas: &'a [f64],
        ) {
            whole_lines(out.len(), size_of::<F::Acc>(), |run| {
                let runs = runs.map(|part| &part[run.clone()]);
                let areas = &areas[run.clone()];
                let out = &mut out[run];
                for i in 0..out.len() {
                    out[i] = fold.finish(joined(fold, runs, i), area * areas[i]);
                }
            });
        }
    }

    leaf! {
        /// Joins a run to the right of what there is.
        append(fold, out: &'a mut [F::Acc], run: &'a [F::Acc]) {
            let run = &run[..out.len()];
            let mut body = |part: Range<usize>| {
                let (out, run) = (&mut out[part.clone()], &run[part]);
                for i in 0..out.len() {
                    out[i] = fold.join(out[i], run[i]);
                }
            };
            if F::IDEMPOTENT {
                whole_lines(run.len(), size_of::<F::Acc>(), body);
            } else {
                body(0..run.len());
            }
        }
    }

    leaf! {
        /// Windows of `K` neighbours at step 2, for `K` of 2 and 3: the even elements joined with the odd
        /// ones, and with the next even ones.
        halve<const K: usize>(fold, out: &'a mut [F::Acc], input: &'a [F::Acc]) {
            whole_lines(out.len(), size_of::<F::Acc>(), |run| {
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
        pick(_fold, out: &'a mut [F::Acc], input: &'a [F::Acc], step: usize) {
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
            fold, out: &'a mut [F::Acc], input: &'a [F::Acc], inner: usize, taps: usize, step: usize,
            apart: usize,
        ) {
            for (position, out) in out.chunks_exact_mut(inner).enumerate() {
                let input = &input[position * step * inner..];
                match taps {
                    1 => out.copy_from_slice(&input[..inner]),
                    2 => pixel::<F, 2>(fold, out, input, apart * inner),
                    3 => pixel::<F, 3>(fold, out, input, apart * inner),
                    _ => {
                        pixel::<F, 4>(fold, out, input, apart * inner);
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
fn joined<F: Fold, const N: usize>(fold: F, runs: [&[F::Acc]; N], i: usize) -> F::Acc {
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
fn pixel<F: Fold, const N: usize>(fold: F, out: &mut [F::Acc], input: &[F::Acc], apart: usize) {
    let inner = out.len();
    whole_lines(inner, size_of::<F::Acc>(), |run| {
        let runs: [&[F::Acc]; N] = core::array::from_fn(|tap| &input[tap * apart..][run.clone()]);
        let out = &mut out[run];
        for i in 0..out.len() {
            out[i] = joined(fold, runs, i);
        }
    });
}
