//! What the machine can do at best, to see the rest beside it.

use std::hint::black_box;

use windows_core::kernel::{Isa, Vectorized, vectorized};

use crate::row::Row;
use crate::session::{Case, Session};

/// Values worked on, in the nearest cache.
const LEN: usize = 2048;

/// Multiply-adds of a value between load and store: so many that these do not count, and chains so short
/// that the processor has enough of them in flight to hide the latency.
const CHAIN: usize = 16;

struct Fma<'a>(&'a mut [f32; LEN], f32, f32);

impl Vectorized for Fma<'_> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        let Self(values, factor, term) = self;
        for value in values {
            let mut x = *value;
            for _ in 0..CHAIN {
                x = x.mul_add(factor, term);
            }
            *value = x;
        }
    }
}

fn fma(session: &mut Session) {
    // Without AVX2 there is no instruction for it, and the library's function has no meaning here.
    let isa = Isa::best().max(Isa::Avx2);
    let case = Case { kernel: format!("{isa:?}"), ..Case::default() };
    let mut values = [1.0; LEN];
    let mut run = || {
        let (factor, term) = black_box((0.999, 0.001));
        vectorized(isa, Fma(black_box(&mut values), factor, term));
    };
    session.serve(&case, &mut [("ours", &mut run)]);
}

fn copy(bytes: usize) -> Row {
    let name = match bytes >> 20 {
        0 => format!("{} KiB", bytes >> 10),
        mib => format!("{mib} MiB"),
    };
    let run = move |session: &mut Session| {
        let source = vec![1_u8; bytes];
        let mut target = vec![0_u8; bytes];
        let case = Case { kernel: "memcpy".to_owned(), ..Case::default() };
        let mut run = || black_box(&mut target).copy_from_slice(black_box(&source));
        session.serve(&case, &mut [("ours", &mut run)]);
    };
    Row::new("limits", format!("copy-{bytes}"), format!("copy of {name}"), run).items(bytes, "byte")
}

pub(crate) fn rows() -> Vec<Row> {
    let fma = Row::new("limits", "fma", "multiply-adds of f32 in registers", fma);
    vec![
        fma.items(2 * LEN * CHAIN, "flop"),
        copy(16 << 10),
        copy(512 << 10),
        copy(8 << 20),
        copy(256 << 20),
    ]
}
