//! The conversation with the program that asks.

use std::io::{Lines, StdinLock, stdin};
use std::path::Path;
use std::time::Instant;

use bytemuck::Pod;
use serde_json::{Value, json};

use crate::row::Row;

/// An array that a rival gets, or is compared with.
pub(crate) struct Array<'a> {
    name: &'static str,
    dtype: &'static str,
    shape: Vec<usize>,
    bytes: &'a [u8],
}

impl<'a> Array<'a> {
    pub(crate) fn new<T: Pod>(name: &'static str, shape: &[usize], data: &'a [T]) -> Self {
        assert_eq!(shape.iter().product::<usize>(), data.len(), "{name}");
        let dtype = std::any::type_name::<T>();
        Self { name, dtype, shape: shape.to_vec(), bytes: bytemuck::cast_slice(data) }
    }
}

/// What a row has to show once its results are compared.
#[derive(Default)]
pub(crate) struct Case<'a> {
    /// The kernel that the plan chose.
    pub(crate) kernel: String,
    /// How many items a call works on, if only the data say it.
    pub(crate) items: Option<usize>,
    /// Inputs by name, and the result as `output`.
    pub(crate) arrays: Vec<Array<'a>>,
    /// Most bytes allocated at a time by a call that makes plan, scratch and output itself.
    pub(crate) peak: Option<u64>,
}

/// Most bytes that `work` has allocated at a time.
pub(crate) fn peak(work: impl FnOnce()) -> Option<u64> {
    Some(allocation_counter::measure(work).bytes_max)
}

/// A conversation on standard input and output.
pub(crate) struct Session {
    threads: usize,
    open: Option<Vec<&'static str>>,
    requests: Lines<StdinLock<'static>>,
}

impl Session {
    pub(crate) fn new(threads: usize) -> Self {
        Self { threads, open: None, requests: stdin().lines() }
    }

    /// How many threads ours may use.
    pub(crate) fn threads(&self) -> usize {
        self.threads
    }

    fn request(&mut self) -> Option<Vec<String>> {
        let line = self.requests.next()?.expect("a line");
        Some(line.split_whitespace().map(str::to_owned).collect())
    }

    /// Answers until there is no more request.
    pub(crate) fn listen(&mut self, rows: &[Row]) {
        while let Some(request) = self.request() {
            match request.iter().map(String::as_str).collect::<Vec<_>>()[..] {
                ["list"] => answer(&rows.iter().map(Row::to_json).collect()),
                ["open", id] => {
                    let row = rows.iter().find(|row| row.id() == id).expect("a row");
                    self.open = Some(row.columns().to_vec());
                    row.run(self);
                    assert!(self.open.is_none(), "{id} was not served");
                }
                _ => panic!("no row is open for: {request:?}"),
            }
        }
    }

    /// Times columns, the first of them ours, until the row is closed.
    pub(crate) fn serve(&mut self, case: &Case<'_>, columns: &mut [(&str, &mut dyn FnMut())]) {
        let declared = self.open.take().expect("a row is open");
        let served: Vec<&str> = columns.iter().map(|(name, _)| *name).collect();
        assert_eq!(declared, served, "columns declared and served");
        answer(&json!({"kernel": case.kernel, "items": case.items, "peak": case.peak}));
        while let Some(request) = self.request() {
            match request.iter().map(String::as_str).collect::<Vec<_>>()[..] {
                ["save", directory] => answer(&save(case, Path::new(directory))),
                ["time", column, seconds] => {
                    // A name is one word on the wire.
                    let mut named =
                        columns.iter_mut().filter(|(name, _)| name.replace(' ', "_") == column);
                    let (_, work) = named.next().expect("a column");
                    answer(&json!(least(work, seconds.parse().expect("seconds"))));
                }
                ["close"] => {
                    answer(&json!(true));
                    break;
                }
                _ => panic!("not a request: {request:?}"),
            }
        }
    }
}

fn answer(value: &Value) {
    println!("{value}");
}

fn save(case: &Case<'_>, directory: &Path) -> Value {
    let saved = case.arrays.iter().map(|array| {
        std::fs::write(directory.join(array.name), array.bytes).expect("a directory to write to");
        json!({"name": array.name, "dtype": array.dtype, "shape": array.shape})
    });
    saved.collect()
}

/// Seconds of the shortest call. Calls of less than 20 us are timed in batches, so that the clock's own
/// cost does not show.
fn least(work: &mut dyn FnMut(), seconds: f64) -> f64 {
    let timed = |work: &mut dyn FnMut(), calls: u32| {
        let start = Instant::now();
        for _ in 0..calls {
            work();
        }
        start.elapsed().as_secs_f64() / f64::from(calls)
    };
    let started = Instant::now();
    let first = timed(work, 1);
    let mut calls = 1;
    let mut best = first;
    while timed(work, calls) * f64::from(calls) < 20e-6 {
        calls *= 2;
    }
    loop {
        best = best.min(timed(work, calls));
        if started.elapsed().as_secs_f64() >= seconds {
            return best;
        }
    }
}
