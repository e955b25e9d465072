//! Times rows of `docs/benchmarks.md` on request, for `benches/peers/tables.py`, which asks in turn with
//! the rivals of the Python world.
//!
//! It reads a request a line and answers each with a line of JSON:
//!
//! ```text
//! list                   every row: what it is, its columns, its peers, what it must reach
//! open ID                inputs made, results of all columns compared, kernel and memory told
//! save DIRECTORY         inputs and output of the open row as raw files
//! time COLUMN SECONDS    the least time of a call, of as many as fit
//! close                  the row is dropped
//! ```
//!
//! `WINDOWS_ISA` caps the instructions, `TABLES_THREADS` is how many threads there are.

mod audio;
mod conv;
mod curve;
mod gemm;
mod growth;
mod kinds;
mod limits;
mod patches;
mod pool;
mod row;
mod rten;
mod session;
mod text;
mod views;

use row::Row;
use session::Session;

/// Every row, in the order of the page.
fn rows() -> Vec<Row> {
    [
        limits::rows(),
        views::rows(),
        patches::rows(),
        pool::rows(),
        conv::rows(),
        audio::rows(),
        text::rows(),
        curve::rows(),
        growth::rows(),
        kinds::rows(),
    ]
    .into_iter()
    .flatten()
    .collect()
}

fn main() {
    let threads = std::env::var("TABLES_THREADS").map_or(1, |n| n.parse().expect("a number"));
    // The whole program is work of the pool, so that no time is spent on handing work to it.
    let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().expect("threads");
    pool.install(|| Session::new(threads).listen(&rows()));
}
