//! What the machine can do at best, to see the rest beside it.

use std::hint::black_box;

use windows_core::kernel::{Isa, Vectorized, vectorized};

use crate::row::Row;
use crate::session::{Case, Session};

const CHAINS: usize = 16; // enough to hide the latency of one multiply-add behind the others
const STEPS: usize = 4096;

/// Multiply-adds of independent registers of so many lanes.
struct Fma<const LANES: usize>;

impl<const LANES: usize> Vectorized for Fma<LANES> {
    type Output = f32;

    #[inline(always)]
    fn run(self) -> f32 {
        let (factor, term) = (black_box([0.999_f32; LANES]), black_box([0.001_f32; LANES]));
        let mut sums = [[1.0_f32; LANES]; CHAINS];
        for _ in 0..STEPS * 16 / LANES {
            for sum in &mut sums {
                for lane in 0..LANES {
                    sum[lane] = sum[lane].mul_add(factor[lane], term[lane]);
                }
            }
        }
        sums.iter().flatten().sum()
    }
}

fn fma(session: &mut Session) {
    let isa = Isa::best();
    let case = Case { kernel: format!("{isa:?}"), ..Case::default() };
    // Without AVX2 there is no instruction for it, and the library's function has no meaning here.
    let mut run = || match isa {
        Isa::Avx512 => drop(black_box(vectorized(isa, Fma::<16>))),
        _ => drop(black_box(vectorized(Isa::Avx2, Fma::<8>))),
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
    let fma = Row::new("limits", "fma", "multiply-adds of f32 in registers, one thread", fma);
    vec![
        fma.items(2 * CHAINS * STEPS * 16, "flop"),
        copy(16 << 10),
        copy(512 << 10),
        copy(8 << 20),
        copy(256 << 20),
    ]
}
