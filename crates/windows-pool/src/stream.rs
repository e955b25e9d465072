//! Windows over a stream: the state is carried, and any chunking gives the batch's bits.

use windows_core::WindowError;

use crate::PoolError;
use crate::element::Element;
use crate::error::filled;
use crate::fold::{
    Additive, Extreme, Finish, Fold, Ignoring, Join, Load, Outcome, RealAveraged, Totalled,
};
use crate::kind::Nan;

/// The last joins of one power of two of elements, by the number of their first element.
#[derive(Clone, Debug)]
struct Power<A> {
    joins: Vec<A>,
}

/// Joins of the last `size` elements, one for every `step`-th element once there are enough.
///
/// As the batch does, windows are joined from joins of 1, 2, 4.. neighbours, so that they have the same
/// bits. An element costs a join for every binary digit of the size, always: no element is slower than
/// another.
#[derive(Clone, Debug)]
struct Sliding<F: Fold> {
    fold: F,
    size: usize,
    step: usize,
    /// Elements seen; kept below where it would overflow, and equal modulo every length in use.
    seen: usize,
    /// Elements until the next window is whole.
    wait: usize,
    powers: Vec<Power<F::Acc>>,
}

impl<F: Fold> Sliding<F> {
    fn new(fold: F, size: usize, step: usize) -> Result<Self, PoolError> {
        if size == 0 {
            return Err(WindowError::ZeroSize { axis: 0 }.into());
        }
        if step == 0 {
            return Err(WindowError::ZeroStep { axis: 0 }.into());
        }
        // A join is needed until the window that it starts has ended.
        let kept = size.checked_next_power_of_two().unwrap_or(usize::MAX);
        let power = || Ok(Power { joins: filled("joins", fold.joins().identity(), kept)? });
        let powers = (0..=size.ilog2()).map(|_| power()).collect::<Result<_, PoolError>>()?;
        Ok(Self { fold, size, step, seen: 0, wait: size, powers })
    }

    fn push(&mut self, value: F::In) -> Option<F::Out> {
        let (fold, joins, now) = (self.fold, self.fold.joins(), self.seen);
        // Lengths are powers of two, so that this stays right when the count wraps.
        let mask = self.powers[0].joins.len() - 1;
        self.powers[0].joins[now & mask] = fold.loads().load(value);
        for digit in 1..self.powers.len() {
            let half = 1 << (digit - 1);
            let start = now.wrapping_sub(2 * half - 1);
            let shorter = &self.powers[digit - 1].joins;
            let join = joins.join(shorter[start & mask], shorter[start.wrapping_add(half) & mask]);
            self.powers[digit].joins[start & mask] = join;
        }
        self.seen = now.wrapping_add(1);
        self.wait -= 1;
        if self.wait > 0 {
            return None;
        }
        self.wait = self.step;
        let start = self.seen.wrapping_sub(self.size);
        let mut behind = self.size;
        let mut joined: Option<F::Acc> = None;
        for digit in 0..self.powers.len() {
            if self.size >> digit & 1 == 1 {
                behind -= 1 << digit;
                let left = self.powers[digit].joins[start.wrapping_add(behind) & mask];
                joined = Some(joined.map_or(left, |right| joins.join(left, right)));
            }
        }
        joined.map(|acc| fold.finishes().finish(acc, self.size as f64))
    }
}

macro_rules! streams {
    ($($(#[$doc:meta])* $name:ident $entry:ident;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Debug)]
        pub struct $name<T: Element> {
            state: Box<dyn State<T, T>>,
        }

        impl<T: Element> $name<T> {
            /// Windows of `size` elements, one every `step`.
            ///
            /// # Errors
            /// A size or a step of 0, or a size that memory cannot hold.
            pub fn new(size: usize, step: usize, nan: Nan) -> Result<Self, PoolError> {
                Ok(Self { state: (T::ENTRIES.sliding.$entry)(size, step, nan)? })
            }

            /// Takes the next element; the result of the window that it ends, if it ends one.
            pub fn push(&mut self, value: T) -> Option<T> {
                self.state.push(value)
            }

            /// Takes the next elements, and appends the results of the windows that they end.
            pub fn push_all(&mut self, values: &[T], out: &mut Vec<T>) {
                self.state.push_all(values, out);
            }
        }
    )*};
}

/// The state of a stream, whatever is computed.
pub trait State<T, O>: core::fmt::Debug + Send + Sync {
    fn push(&mut self, value: T) -> Option<O>;
    fn push_all(&mut self, values: &[T], out: &mut Vec<O>);
    fn copy(&self) -> Box<dyn State<T, O>>;
}

impl<T: Element, O: 'static> Clone for Box<dyn State<T, O>> {
    fn clone(&self) -> Self {
        (**self).copy()
    }
}

impl<F: Fold + core::fmt::Debug> State<F::In, F::Out> for Sliding<F>
where
    F::Acc: core::fmt::Debug,
{
    fn push(&mut self, value: F::In) -> Option<F::Out> {
        self.push(value)
    }

    fn push_all(&mut self, values: &[F::In], out: &mut Vec<F::Out>) {
        out.extend(values.iter().filter_map(|&value| self.push(value)));
    }

    fn copy(&self) -> Box<dyn State<F::In, F::Out>> {
        Box::new(self.clone())
    }
}

streams! {
    /// The greatest of the last elements of a stream.
    ///
    /// # Example
    /// ```
    /// use windows_pool::{Nan, SlidingMax};
    ///
    /// let mut max = SlidingMax::<i32>::new(3, 1, Nan::Propagate)?;
    /// let mut out = Vec::new();
    /// max.push_all(&[1, 5], &mut out);
    /// max.push_all(&[2, 0, 3, 4], &mut out);
    /// assert_eq!(out, [5, 5, 3, 4]);
    /// # Ok::<(), windows_pool::PoolError>(())
    /// ```
    SlidingMax max;
    /// The least of the last elements of a stream.
    SlidingMin min;
}

/// The average of the last elements of a stream: that of [`RealAverage`](crate::RealAverage), `f32` of
/// `f32` and `f64` of all others. Nothing is subtracted, so that neither rounding errors nor a NaN outlive
/// their window.
///
/// # Example
/// ```
/// use windows_pool::{Nan, SlidingAverage};
///
/// let mut average = SlidingAverage::<u8>::new(2, 2, Nan::Propagate)?;
/// assert_eq!([1, 2, 3, 5].map(|value| average.push(value)), [None, Some(1.5), None, Some(4.0)]);
/// # Ok::<(), windows_pool::PoolError>(())
/// ```
#[derive(Clone, Debug)]
pub struct SlidingAverage<T: Element> {
    state: Box<dyn State<T, T::Real>>,
}

impl<T: Element> SlidingAverage<T> {
    /// Windows of `size` elements, one every `step`.
    ///
    /// # Errors
    /// A size or a step of 0, or a size that memory cannot hold.
    pub fn new(size: usize, step: usize, nan: Nan) -> Result<Self, PoolError> {
        Ok(Self { state: (T::ENTRIES.sliding.average)(size, step, nan)? })
    }

    /// Takes the next element; the average of the window that it ends, if it ends one.
    pub fn push(&mut self, value: T) -> Option<T::Real> {
        self.state.push(value)
    }

    /// Takes the next elements, and appends the averages of the windows that they end.
    pub fn push_all(&mut self, values: &[T], out: &mut Vec<T::Real>) {
        self.state.push_all(values, out);
    }
}

/// A stream of elements that are looked at as what their keys are made of.
#[derive(Clone, Debug)]
struct Keyed<S>(S);

impl<T, F> State<T, T> for Keyed<Sliding<F>>
where
    T: Element,
    F: Fold<In = T::Key, Acc = T::Key, Out = T::Key> + core::fmt::Debug,
{
    fn push(&mut self, value: T) -> Option<T> {
        self.0.push(bytemuck::cast(value)).map(bytemuck::cast)
    }

    fn push_all(&mut self, values: &[T], out: &mut Vec<T>) {
        let keys: &[T::Key] = bytemuck::cast_slice(values);
        out.extend(keys.iter().filter_map(|&key| self.0.push(key)).map(bytemuck::cast::<_, T>));
    }

    fn copy(&self) -> Box<dyn State<T, T>> {
        Box::new(self.clone())
    }
}

/// A stream of extremes.
pub(crate) fn extreme<T: Element, const MAX: bool>(
    size: usize,
    step: usize,
    nan: Nan,
) -> Result<Box<dyn State<T, T>>, PoolError> {
    let bits = if MAX { T::GREATEST } else { T::LEAST };
    Ok(match nan {
        Nan::Propagate => {
            Box::new(Keyed(Sliding::new(Extreme::<_, true, true>::new(bits), size, step)?))
        }
        Nan::Ignore => {
            let fold = Ignoring(Extreme::<_, true, false>::new(bits));
            Box::new(Keyed(Sliding::new(fold, size, step)?))
        }
    })
}

/// A stream of averages.
pub(crate) fn average<T: Element>(
    size: usize,
    step: usize,
    nan: Nan,
) -> Result<Box<dyn State<T, T::Real>>, PoolError> {
    let counted = T::FLOAT && nan == Nan::Ignore;
    let counts = counted.then(|| Sliding::new(Additive::new(), size, step)).transpose()?;
    Ok(Box::new(Averaging::<T> { sums: Sliding::new(Additive::new(), size, step)?, counts }))
}

/// Sums, and what they are divided by.
#[derive(Clone, Debug)]
struct Averaging<T: Element> {
    sums: Sliding<Additive<T, Averages, false>>,
    /// Elements that count, where NaNs do not.
    counts: Option<Sliding<Additive<u8, Totalled, true>>>,
}

impl<T: Element> State<T, T::Real> for Averaging<T> {
    fn push(&mut self, value: T) -> Option<T::Real> {
        let count = match &mut self.counts {
            Some(counts) => counts.push(u8::from(!value.not_a_number())).map(|count| count as f64),
            None => Some(self.sums.size as f64),
        };
        let absent = self.counts.is_some() && value.not_a_number();
        let sum = self.sums.push(if absent { T::default() } else { value })?;
        Some(RealAveraged::finish(sum, count?))
    }

    fn push_all(&mut self, values: &[T], out: &mut Vec<T::Real>) {
        out.extend(values.iter().filter_map(|&value| self.push(value)));
    }

    fn copy(&self) -> Box<dyn State<T, T::Real>> {
        Box::new(self.clone())
    }
}

/// The sum, to be divided by what counts.
#[derive(Clone, Copy, Debug)]
struct Averages;

impl Outcome for Averages {
    type Out<T: Element> = f64;
    const WEIGHTED: bool = true;

    fn finish<W: crate::element::Total, O: Element>(sum: W, _: f64) -> O {
        O::from_real(sum.real())
    }
}
