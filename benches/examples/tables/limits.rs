//! What the machine can do at best, to see the rest beside it.

use std::hint::black_box;

use windows_core::kernel::{Isa, Vectorized, vectorized};

use crate::row::Row;
use crate::session::{Case, Session};

/// Values that are worked on side by side: enough for both units of the latency of a multiply-add, which a
/// loop over one array after another is not, and few enough to stay in registers.
const CHAINS: usize = 10;

/// Multiply-adds of a value between load and store: so many that these do not count.
const LINKS: usize = 24;

/// Values of each chain, in the nearest cache all together.
const LEN: usize = 512;

/// Aligned, so that no load has two lines of cache to wait for.
#[repr(align(64))]
struct Values([[f32; LEN]; CHAINS]);

struct Fma<'a>(&'a mut Values, f32, f32);

impl Vectorized for Fma<'_> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        let Self(Values(values), factor, term) = self;
        for i in 0..LEN {
            let mut side_by_side = [0.0; CHAINS];
            for chain in 0..CHAINS {
                side_by_side[chain] = values[chain][i];
            }
            for _ in 0..LINKS {
                for x in &mut side_by_side {
                    *x = x.mul_add(factor, term);
                }
            }
            for chain in 0..CHAINS {
                values[chain][i] = side_by_side[chain];
            }
        }
    }
}

fn fma(session: &mut Session) {
    // Without AVX2 there is no instruction for it, and the library's function has no meaning here.
    let best = Isa::best().level();
    let isa = if best.contains(Isa::AVX2) { best } else { Isa::AVX2 };
    let case = Case { kernel: format!("{isa:?}"), ..Case::default() };
    let mut values = Values([[1.0; LEN]; CHAINS]);
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
        fma.items(2 * CHAINS * LINKS * LEN, "flop"),
        copy(16 << 10),
        copy(512 << 10),
        copy(8 << 20),
        copy(256 << 20),
    ]
}
