//! The innermost loops, each compiled once per instruction set and chosen at run time.
//!
//! There is no intrinsic and no `unsafe` here but in [`wide`]: the loops are plain, and the compiler turns them
//! into vectors of whatever width [`Isa`] has. What it does badly alone is a rest shorter than a vector, one
//! element at a time: `each_line` moves the last line back instead, so that short rows (20, 28 or 56
//! elements are common) run at vector speed too. Loops over arrays of one line, which look like the better
//! way to say it, became gathers and took ten times as long.

use core::marker::PhantomData;
use core::ops::Range;

use bytemuck::{Pod, cast_slice, cast_slice_mut};
use windows_core::kernel::{Isa, Vectorized, vectorized};

use crate::fold::{Finish, Fold, Join, Load};
use crate::spans::Span;
use columns::Places;
use wide::OnVectors;
use wide::halves::{Halves, Sized};
use wide::rows::Taps;

/// The loops of a fold or a join, for one instruction set.
#[derive(Clone, Copy)]
pub(crate) struct Lanes<F> {
    pub(crate) fold: F,
    pub(crate) isa: Isa,
}

/// The instruction sets that a loop is compiled for.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Sets {
    /// What every processor of the target has: little to gain, or rows too short for vectors.
    Baseline,
    /// The baseline, and half of the widest vectors where there are such.
    Half,
    All,
}

impl Sets {
    /// Those of loops over sums.
    pub(crate) const fn of_totals<W>() -> Self {
        if size_of::<W>() <= 8 { Self::All } else { Self::Baseline }
    }

    const fn is_baseline(self) -> bool {
        matches!(self, Self::Baseline)
    }

    const fn is_all(self) -> bool {
        matches!(self, Self::All)
    }
}

/// Runs a loop with half of the widest vectors, or the best of less, within `isa`.
#[cfg(target_arch = "x86_64")]
fn half_vectorized<V: Vectorized>(isa: Isa, computation: V) -> V::Output {
    use windows_simd::{Avx2, Plain, Simd};

    match Avx2::within(isa) {
        Some(simd) => simd.enter(Plain(computation)),
        None => computation.run(),
    }
}

/// Runs a loop with the vectors of `isa`: none is wider than what half of the widest are elsewhere.
#[cfg(not(target_arch = "x86_64"))]
fn half_vectorized<V: Vectorized>(isa: Isa, computation: V) -> V::Output {
    vectorized(isa, computation)
}

/// A function whose body is compiled for the sets of what it is of, or of those that are named.
macro_rules! leaf {
    ($(#[$doc:meta])* $name:ident $(<const $n:ident: usize>)? $([$sets:expr])? (
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
            let leaf = Leaf $(::<'a, $kind, $n>)? {
                $this: self.fold,
                $($arg,)*
                life: PhantomData,
            };
            // Constants, so that what is not run is not even compiled.
            if const { leaf!(@sets $kind $($sets)?).is_all() } {
                vectorized(self.isa, leaf)
            } else if const { leaf!(@sets $kind $($sets)?).is_baseline() } {
                leaf.run()
            } else {
                half_vectorized(self.isa, leaf)
            }
        }
    };
    (@sets $kind:ident $sets:expr) => { $sets };
    (@sets $kind:ident) => { $kind::SETS };
    (@ret $ret:ty) => { $ret };
    (@ret) => { () };
}

/// Runs a body over `0..len`: most of it at once, the rest in lines of a known number of elements, the
/// last one moved back to end with the run. Elements may then be done twice, unless `$once`.
///
/// A macro and no function with a closure, so that the body is compiled where it stands: with the vector
/// instructions of the leaf, and knowing that outputs overlap no inputs.
macro_rules! each_line {
    ($len:expr, $size:expr, $once:expr, |$run:ident| $body:block) => {{
        let len: usize = $len;
        let four = 4 * (64 / $size.min(64)).max(16);
        let bulk = if $once { len } else { len / four * four };
        if bulk > 0 {
            let $run = 0..bulk;
            $body
        }
        if bulk < len {
            match $size {
                1 => each_line!(@rest 64, bulk, len, |$run| $body),
                2 => each_line!(@rest 32, bulk, len, |$run| $body),
                _ => each_line!(@rest 16, bulk, len, |$run| $body),
            }
        }
    }};
    (@rest $line:literal, $bulk:expr, $len:expr, |$run:ident| $body:block) => {{
        let mut start = $bulk;
        while start + $line < $len {
            let $run = start..start + $line;
            $body
            start += $line;
        }
        if $len >= $line {
            let $run = $len - $line..$len;
            $body
        } else {
            let $run = start..$len;
            $body
        }
    }};
}

/// Does something with elements of a size as unsigned integers of it, which are fewer.
macro_rules! by_size {
    ($element:ty, |$bits:ident| $do:expr, else $other:expr) => {
        match size_of::<$element>() {
            1 => by_size!(@ $bits = u8, $do),
            2 => by_size!(@ $bits = u16, $do),
            4 => by_size!(@ $bits = u32, $do),
            8 => by_size!(@ $bits = u64, $do),
            _ => $other,
        }
    };
    (@ $bits:ident = $type:ty, $do:expr) => {{
        type $bits = $type;
        $do
    }};
}

pub(crate) mod columns;
pub(crate) mod joins;
pub(crate) mod wide;

impl<L: Load> Lanes<L> {
    /// Loads elements as accumulators.
    pub(crate) fn load(self, out: &mut [L::Acc], input: &[L::In]) {
        let (len, pitch) = (out.len(), out.len().max(1));
        let row = LoadRows { start: 0, stride: 0, len, before: 0, pitch, padded: 1 };
        self.load_rows(out, input, row);
    }

    leaf! {
        /// Loads rows between the padding that they lack.
        load_rows(L: Load, fold, out: &'a mut [L::Acc], input: &'a [L::In], rows: LoadRows) {
            let identity = fold.identity();
            let mut start = rows.start;
            for (row, out) in out.chunks_mut(rows.pitch).enumerate() {
                let (before, out) = out.split_at_mut(rows.before);
                let (real, after) = out.split_at_mut(rows.len);
                if row >= rows.padded {
                    before.fill(identity);
                    after.fill(identity);
                }
                load(fold, real, &input[start as usize..][..rows.len]);
                start += rows.stride;
            }
        }
    }
}

impl<F: Fold> Lanes<F> {
    /// The loops that only load.
    pub(crate) fn loads(self) -> Lanes<F::Loads> {
        Lanes { fold: self.fold.loads(), isa: self.isa }
    }

    /// The loops that only join.
    pub(crate) fn joins(self) -> Lanes<F::Joins> {
        Lanes { fold: self.fold.joins(), isa: self.isa }
    }

    /// The loops that only finish.
    pub(crate) fn finishes(self) -> Lanes<F::Finishes> {
        Lanes { fold: self.fold.finishes(), isa: self.isa }
    }
}

impl<F: Finish> Lanes<F> {
    leaf! {
        /// Finishes rows of joined elements; where areas matter, each column has one of its own, times
        /// that of the row.
        finish(
            F: Finish, fold, out: &'a mut [F::Out], pitch: usize, joined: &'a [F::Acc], from: usize,
            spans: &'a [Span], areas: &'a [f64],
        ) {
            let width = areas.len();
            let rows = out.chunks_mut(pitch).zip(joined.chunks(from)).zip(spans);
            for ((out, joined), span) in rows {
                let (out, joined) = (&mut out[..width], &joined[..width]);
                let area = span.area as f64;
                for i in 0..width {
                    out[i] = fold.finish(joined[i], area * areas[i]);
                }
            }
        }
    }
}

impl<J: Join> Lanes<J> {
    /// Runs a computation on vectors that rows of `least` elements fill, or gives it back if there are none
    /// for this join.
    #[inline(always)]
    pub(crate) fn on_vectors<C: OnVectors<J::Acc>>(
        self,
        least: usize,
        computation: C,
    ) -> Result<C::Output, C> {
        self.fold.on_vectors(self.isa, least, computation)
    }

    /// Joins one to four runs that begin `apart` elements from each other in one. Four are joined as two pairs, three
    /// as a pair and one, as doubling would. Whether there is a NaN in what is joined, if that is to be seen.
    pub(crate) fn join_apart<const SEE: bool>(
        self,
        out: &mut [J::Acc],
        run: &[J::Acc],
        taps: usize,
        apart: usize,
    ) -> bool {
        let inner = out.len();
        let joined = Taps { out: &mut *out, data: run, inner, taps, step: 0, apart, held: false };
        if let Ok(nan) = self.on_vectors(inner, joined) {
            return nan;
        }
        let at = |tap: usize| &run[tap * apart..];
        match taps {
            1 => self.join_seeing::<_, SEE>(out, [run]),
            2 => self.join_seeing::<_, SEE>(out, [run, at(1)]),
            3 => self.join_seeing::<_, SEE>(out, [run, at(1), at(2)]),
            _ => self.join_seeing::<_, SEE>(out, [run, at(1), at(2), at(3)]),
        }
    }

    /// Joins runs as [`Lanes::join`] does; whether there is a NaN in the first of them, all of it, if that is to be seen.
    fn join_seeing<const N: usize, const SEE: bool>(
        self,
        out: &mut [J::Acc],
        runs: [&[J::Acc]; N],
    ) -> bool {
        if const { SEE && J::SEES } {
            return self.join_and_see(out, runs);
        }
        self.join(out, runs);
        false
    }

    /// Joins a run to the right of what there is.
    pub(crate) fn append(self, out: &mut [J::Acc], run: &[J::Acc]) {
        let inner = out.len();
        let held =
            Taps { out: &mut *out, data: run, inner, taps: 1, step: 0, apart: 0, held: true };
        if self.on_vectors(inner, held).is_err() {
            self.append_short(out, run);
        }
    }

    leaf! {
        /// Joins runs element by element.
        join<const N: usize>(J: Join, fold, out: &'a mut [J::Acc], runs: [&'a [J::Acc]; N]) {
            pairs(fold, out, runs, |_| ());
        }
    }

    leaf! {
        /// What [`Lanes::join_seeing`] does, where there may be NaNs.
        join_and_see<const N: usize>(
            J: Join, fold, out: &'a mut [J::Acc], runs: [&'a [J::Acc]; N],
        ) -> bool {
            let mut nan = scan::<J>(&runs[0][out.len()..]);
            pairs(fold, out, runs, |acc| nan |= J::is_nan(acc));
            nan
        }
    }

    /// Whether an element is NaN.
    pub(crate) fn scan(self, input: &[J::Acc]) -> bool {
        J::SEES && self.see(input)
    }

    leaf! {
        /// What [`Lanes::scan`] does, where there may be NaNs.
        see[Sets::All](J: Join, _fold, input: &'a [J::Acc]) -> bool {
            scan::<J>(input)
        }
    }

    leaf! {
        /// What [`Lanes::append`] does where no vectors do it.
        append_short(J: Join, fold, out: &'a mut [J::Acc], run: &'a [J::Acc]) {
            append(fold, out, run);
        }
    }

    /// Windows of `K` neighbours at step 2, for `K` of 2 and 3: the even elements joined with the odd ones, and
    /// with the next even ones. Whether one of them is NaN.
    pub(crate) fn halve<const K: usize>(self, out: &mut [J::Acc], input: &[J::Acc]) -> bool {
        let (windows, len, identity) = (out.len(), input.len(), self.fold.identity());
        let row = Span { first: 0, taps: 1, area: 1 };
        let halves = Halves {
            out: Places { rows: &mut *out, pitch: windows },
            data: input,
            pitch: len,
            len,
            rows: &[row],
            apart: 1,
            even: None,
            windows,
            lacks: false,
            right: &[],
            first: 0,
            identity,
        };
        match self.on_vectors(windows, Sized::<_, K>(halves)) {
            Ok(nan) => nan,
            Err(_) => self.halve_short::<K>(out, input),
        }
    }

    leaf! {
        /// What [`Lanes::halve`] does where no vectors do it.
        halve_short<const K: usize>(
            J: Join, fold, out: &'a mut [J::Acc], input: &'a [J::Acc],
        ) -> bool {
            halve::<J, K>(fold, out, input)
        }
    }

    /// Every `step`-th element.
    pub(crate) fn pick(self, out: &mut [J::Acc], input: &[J::Acc], step: usize) {
        by_size!(J::Acc, |Bits| vectorized(self.isa, Pick {
            out: cast_slice_mut::<_, Bits>(out),
            input: cast_slice(input),
            step,
        }), else Pick { out, input, step }.run());
    }

    /// Windows of pixels of `inner` elements at any step in one row.
    pub(crate) fn pixels(
        self,
        out: &mut [J::Acc],
        input: &[J::Acc],
        inner: usize,
        taps: usize,
        step: usize,
        apart: usize,
    ) {
        let pixels = Taps {
            out: &mut *out,
            data: input,
            inner,
            taps,
            step: step * inner,
            apart: apart * inner,
            held: false,
        };
        if self.on_vectors(inner, pixels).is_err() {
            self.pixels_short(out, input, inner, taps, step, apart);
        }
    }

    leaf! {
        /// What [`Lanes::pixels`] does where no vectors do it.
        pixels_short(
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

/// Rows to load, and where they go.
#[derive(Clone, Copy, Debug)]
pub(crate) struct LoadRows {
    /// The first element of the first row, and from one row to the next.
    pub(crate) start: isize,
    pub(crate) stride: isize,
    /// Elements of a row that are in the data, and those before them that are not.
    pub(crate) len: usize,
    pub(crate) before: usize,
    /// From one loaded row to the next.
    pub(crate) pitch: usize,
    /// Rows whose padding is there already.
    pub(crate) padded: usize,
}

/// Copies rows as [`Lanes::load_rows`] does, by vectors that they fill; `false` if there are none.
pub(crate) fn copy_rows<A: Pod>(
    isa: Isa,
    out: &mut [A],
    data: &[A],
    rows: LoadRows,
    identity: A,
) -> bool {
    // Nothing is joined, so nothing is flipped.
    by_size!(A, |Bits| {
        let load = wide::rows::Load {
            out: cast_slice_mut::<_, Bits>(out),
            data: cast_slice(data),
            rows,
            identity: bytemuck::cast::<A, Bits>(identity),
        };
        wide::on_vectors::<Bits, false, _>(isa, 0, rows.len, load).is_ok()
    }, else false)
}

/// Loads a run.
#[inline(always)]
fn load<L: Load>(fold: L, out: &mut [L::Acc], input: &[L::In]) {
    if let Some(input) = L::direct(input) {
        out.copy_from_slice(input);
        return;
    }
    each_line!(out.len(), size_of::<L::In>(), L::LARGE, |run| {
        let (out, input) = (&mut out[run.clone()], &input[run]);
        for i in 0..out.len() {
            out[i] = fold.load(input[i]);
        }
    });
}

/// Whether loops join little: rows too short for vectors, or data with a NaN. Then they are plain ones, for each line
/// that is apart makes them several times as large.
const fn short<J: Join>() -> bool {
    !J::SETS.is_all()
}

/// Whether an element of a run is NaN.
#[inline(always)]
fn scan<J: Join>(run: &[J::Acc]) -> bool {
    let mut nan = false;
    for &acc in run {
        nan |= J::is_nan(acc);
    }
    nan
}

/// Parts of runs.
#[inline(always)]
fn parts<A, const N: usize>(mut runs: [&[A]; N], part: Range<usize>) -> [&[A]; N] {
    for run in &mut runs {
        *run = &run[part.clone()];
    }
    runs
}

/// Joins runs: four as two pairs, three as a pair and one, as doubling would.
#[inline(always)]
fn pairs<J: Join, const N: usize>(
    fold: J,
    out: &mut [J::Acc],
    runs: [&[J::Acc]; N],
    mut see: impl FnMut(J::Acc),
) {
    each_line!(out.len(), size_of::<J::Acc>(), const { short::<J>() }, |run| {
        let runs = parts(runs, run.clone());
        let out = &mut out[run];
        for i in 0..out.len() {
            see(runs[0][i]);
            out[i] = match N {
                1 => runs[0][i],
                2 => fold.join(runs[0][i], runs[1][i]),
                3 => fold.join(fold.join(runs[0][i], runs[1][i]), runs[2][i]),
                _ => {
                    let (left, right) =
                        (fold.join(runs[0][i], runs[1][i]), (runs[2][i], runs[3][i]));
                    fold.join(left, fold.join(right.0, right.1))
                }
            };
        }
    });
}

/// Joins a run to the right of what there is.
#[inline(always)]
fn append<J: Join>(fold: J, out: &mut [J::Acc], run: &[J::Acc]) {
    each_line!(out.len(), size_of::<J::Acc>(), const { short::<J>() || !J::IDEMPOTENT }, |part| {
        let (out, run) = (&mut out[part.clone()], &run[part]);
        for i in 0..out.len() {
            out[i] = fold.join(out[i], run[i]);
        }
    });
}

/// Windows of two or three neighbours at step 2; whether one of them is NaN.
#[inline(always)]
fn halve<J: Join, const K: usize>(fold: J, out: &mut [J::Acc], input: &[J::Acc]) -> bool {
    // The last window of three may end with the run, where there is no next pair.
    let (last, out) = out.split_last_mut().expect("a window");
    let at = 2 * out.len();
    let mut nan = scan::<J>(&input[..2]) | scan::<J>(&input[at..at + K]);
    let both = fold.join(input[at], input[at + 1]);
    *last = if K == 3 { fold.join(both, input[at + 2]) } else { both };
    each_line!(out.len(), size_of::<J::Acc>(), const { short::<J>() }, |run| {
        let pairs = input[2 * run.start..][..2 * run.len()].chunks_exact(2);
        let next = input[2 * run.start + 2 * (K - 2)..][..2 * run.len()].chunks_exact(2);
        for ((out, pair), next) in out[run].iter_mut().zip(pairs).zip(next) {
            let both = fold.join(pair[0], pair[1]);
            // Of the pairs behind the first one, so that both elements are used: where one is left out, the
            // compiler does the last vectors one by one.
            nan |= J::is_nan(next[0]) | J::is_nan(next[1]);
            *out = if K == 3 { fold.join(both, next[0]) } else { both };
        }
    });
    nan
}

/// Every `step`-th element, whatever it is of its size.
struct Pick<'a, A> {
    out: &'a mut [A],
    input: &'a [A],
    step: usize,
}

impl<A: Copy> Vectorized for Pick<'_, A> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        let Self { out, input, step } = self;
        match step {
            2 => pick::<_, 2>(out, input),
            3 => pick::<_, 3>(out, input),
            4 => pick::<_, 4>(out, input),
            _ => {
                for (out, &value) in out.iter_mut().zip(input.iter().step_by(step)) {
                    *out = value;
                }
            }
        }
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
    let mut runs: [&[J::Acc]; N] = [input; N];
    for (tap, run) in runs.iter_mut().enumerate() {
        *run = &run[tap * apart..];
    }
    pairs(fold, out, runs, |_| ());
}
