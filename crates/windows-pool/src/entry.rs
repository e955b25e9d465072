//! What is compiled here, for each kind of each element, and called from everywhere.
//!
//! Elements and kinds are those that are built in, so whoever plans one finds its functions in a table of this
//! library, and compiles none of them: an [`Entry`] is all that stands between a typed [`Plan`](crate::Plan) and
//! the engine.

use crate::PoolError;
use crate::element::Element;
use crate::kind::{
    Average, Lp, Max, Median, Min, Nan, Quantile, RealAverage, Reduce, Sum, extreme,
};
use crate::pass::{Pass, typed};
use crate::program::{Part, Program};
use crate::stream::State;

/// A kind and data for a program.
#[derive(Clone, Copy, Debug)]
pub struct Pooling<'p, K, T> {
    pub(crate) program: &'p Program,
    pub(crate) kind: &'p K,
    pub(crate) data: &'p [T],
    pub(crate) offset: usize,
    pub(crate) constant: Option<T>,
}

impl<K, T: Copy> Pooling<'_, K, T> {
    /// An element of the data, or the constant of the border.
    fn read(&self, ahead: Option<isize>) -> T {
        match ahead {
            Some(ahead) => self.data[self.offset.wrapping_add_signed(ahead)],
            None => self.constant.expect("only a constant border has elements without a source"),
        }
    }
}

/// Gives the results of a part, in scratch.
type Band<K, T, O> = fn(&Pooling<'_, K, T>, &Part, &mut [O], &mut [u128]);

/// The functions of a kind of elements.
#[derive(Debug)]
pub struct Entry<K, T, O> {
    pub(crate) band: Band<K, T, O>,
}

/// Where an extreme was found, by window.
pub(crate) type Found<'f> = &'f mut dyn FnMut(usize, Option<usize>);

/// A stream's beginning.
pub(crate) type Begin<T, O> = fn(usize, usize, Nan) -> Result<Box<dyn State<T, O>>, PoolError>;

/// The functions of an element, of any kind.
#[derive(Debug)]
pub struct Entries<T: Element> {
    pub(crate) max: &'static Entry<Max, T, T>,
    pub(crate) min: &'static Entry<Min, T, T>,
    pub(crate) average: &'static Entry<Average, T, T>,
    pub(crate) real_average: &'static Entry<RealAverage, T, T::Real>,
    pub(crate) sum: &'static Entry<Sum, T, T::Sum>,
    pub(crate) lp: &'static Entry<Lp, T, T::Real>,
    pub(crate) median: &'static Entry<Median, T, T>,
    pub(crate) quantile: &'static Entry<Quantile, T, T>,
    pub(crate) extremes: &'static Extremes<T>,
    pub(crate) sliding: &'static Sliding<T>,
}

/// Where extremes are.
#[derive(Debug)]
pub(crate) struct Extremes<T> {
    pub(crate) max: fn(&Pooling<'_, Max, T>, &mut [T], Found<'_>),
    pub(crate) min: fn(&Pooling<'_, Min, T>, &mut [T], Found<'_>),
}

/// Streams of an element.
#[derive(Debug)]
pub(crate) struct Sliding<T: Element> {
    pub(crate) max: Begin<T, T>,
    pub(crate) min: Begin<T, T>,
    pub(crate) average: Begin<T, T::Real>,
}

/// The tables of an element, a line for each kind.
macro_rules! entries {
    ($element:ty) => {{
        use $crate::entry::{Entries, Entry, Extremes, Sliding, band, find};
        use $crate::kind::{Average, Lp, Max, Median, Min, Quantile, RealAverage, Sum};
        use $crate::stream;

        type Real = <$element as Element>::Real;
        static MAX: Entry<Max, $element, $element> = Entry { band };
        static MIN: Entry<Min, $element, $element> = Entry { band };
        static AVERAGE: Entry<Average, $element, $element> = Entry { band };
        static REAL_AVERAGE: Entry<RealAverage, $element, Real> = Entry { band };
        static SUM: Entry<Sum, $element, <$element as Element>::Sum> = Entry { band };
        static LP: Entry<Lp, $element, Real> = Entry { band };
        static MEDIAN: Entry<Median, $element, $element> = Entry { band };
        static QUANTILE: Entry<Quantile, $element, $element> = Entry { band };
        static EXTREMES: Extremes<$element> =
            Extremes { max: find::<$element, true, Max>, min: find::<$element, false, Min> };
        static SLIDING: Sliding<$element> = Sliding {
            max: stream::extreme::<$element, true>,
            min: stream::extreme::<$element, false>,
            average: stream::average::<$element>,
        };
        Entries {
            max: &MAX,
            min: &MIN,
            average: &AVERAGE,
            real_average: &REAL_AVERAGE,
            sum: &SUM,
            lp: &LP,
            median: &MEDIAN,
            quantile: &QUANTILE,
            extremes: &EXTREMES,
            sliding: &SLIDING,
        }
    }};
}
pub(crate) use entries;

/// The results of a part: by the engine, or else of each window by itself, as the definition says.
pub(crate) fn band<T: Element, K: Reduce<T>>(
    pooling: &Pooling<'_, K, T>,
    part: &Part,
    out: &mut [K::Out],
    scratch: &mut [u128],
) {
    let &Pooling { program, kind, .. } = pooling;
    if let Some(engine) = &program.engine {
        let mut pass = Pass {
            engine,
            isa: program.isa,
            nan: program.nan,
            taps: program.taps,
            data: pooling.data,
            offset: pooling.offset,
            constant: pooling.constant,
            plane: part.plane,
            band: part.rows.clone(),
            out: &mut *out,
            scratch: &mut *scratch,
        };
        if kind.pool(&mut pass) {
            return;
        }
    }
    let values = typed::<T>(scratch);
    let mut cursor = program.walk.cursor();
    for (window, out) in (program.first(part)..).zip(out) {
        let mut len = 0;
        program.walk.visit(&mut cursor, window, &mut |at| {
            values[len] = pooling.read(at.map(|(ahead, _)| ahead));
            len += 1;
        });
        let area = kind.divisor().unwrap_or_else(|| program.walk.area(&cursor));
        *out = kind.value(&mut values[..len], area, program.nan);
    }
}

/// The extremes of all windows, and where they are.
pub(crate) fn find<T: Element, const MAX: bool, K>(
    pooling: &Pooling<'_, K, T>,
    values: &mut [T],
    found: Found<'_>,
) {
    let program = pooling.program;
    let mut cursor = program.walk.cursor();
    // The best so far is all that is needed of a window; the definition decides between two.
    for (window, value) in values.iter_mut().enumerate() {
        let mut best: Option<(T, Option<usize>)> = None;
        program.walk.visit(&mut cursor, window, &mut |at| {
            let next = pooling.read(at.map(|(ahead, _)| ahead));
            let number = at.map(|(_, number)| number);
            let (pair, len) = match best {
                Some((best, _)) => ([best, next], 2),
                None => ([next, next], 1),
            };
            match extreme::<T, MAX>(&pair[..len], program.nan) {
                Some(0) if len == 1 => best = Some((next, number)),
                Some(1) => best = Some((next, number)),
                _ => {}
            }
        });
        let nothing = if MAX { T::LOWEST } else { T::HIGHEST };
        let (best, number) = best.unwrap_or((nothing, None));
        *value = best;
        found(window, number);
    }
}
