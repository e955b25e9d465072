//! Convolution of every kind, element and memory order, on every path of this machine.

use arbitrary::{Result, Unstructured};
use windows_conv::Method;
use windows_core::kernel::Isa;
use windows_testkit::NaiveAxis;

use crate::input::{axis_over, order, upto};

#[path = "../../crates/windows-conv/tests/suite/case.rs"]
mod case;

use case::{Case, check_f32, check_f64, check_integers, check_uneven};

pub(crate) fn conv(u: &mut Unstructured<'_>) -> Result<()> {
    let check = upto(u, 8)?;
    let mut case = any_case(u, check > 6)?;
    for isa in [Isa::PORTABLE, Isa::AVX2, Isa::AVX512] {
        if !isa.is_available() {
            continue;
        }
        case.isa = isa;
        match check {
            0 => check_f32(&case, false),
            1 => check_f32(&case, true),
            2 | 7 => check_f64(&case),
            8 => check_uneven(&case),
            signs => check_integers(&case, signs as u8 - 3),
        }
        .unwrap_or_else(|error| panic!("{error} {case:?}"));
    }
    Ok(())
}

/// A case, of squares of outputs if asked for.
fn any_case(u: &mut Unstructured<'_>, squares: bool) -> Result<Case> {
    let rank = if squares { 2 } else { 1 + upto(u, 2)? };
    let longest = [0, 40, 12, 6][rank];
    let transposed = !squares && u.arbitrary()?;
    let (mut axes, mut output_padding) = (Vec::new(), Vec::new());
    for _ in 0..rank {
        let len = 1 + upto(u, longest - 1)?;
        if squares {
            axes.push(NaiveAxis::new(len, 3, 1).padding(upto(u, 3)?, upto(u, 3)?));
            output_padding.push(0);
            continue;
        }
        if !transposed {
            axes.push(axis_over(u, len, 5)?);
            output_padding.push(0);
            continue;
        }
        let axis = NaiveAxis::new(len, 1 + upto(u, 4)?, 1 + upto(u, 3)?)
            .dilation(1 + upto(u, 2)?)
            .padding(upto(u, 3)?, upto(u, 3)?);
        let more = upto(u, axis.step.max(axis.dilation) - 1)?;
        if (len - 1) * axis.step + axis.field() + more <= axis.before + axis.after {
            return Err(arbitrary::Error::IncorrectFormat);
        }
        axes.push(axis);
        output_padding.push(more);
    }
    // Few channels, many, or one a group.
    let (groups, per_group, out_per_group) = match upto(u, 2)? {
        0 => (1 + upto(u, 1)?, 1 + upto(u, 2)?, 1 + upto(u, 2)?),
        1 => (1, 1 + upto(u, 9)?, 1 + upto(u, 60)?),
        _ => (1 + upto(u, 19)?, 1, 1 + upto(u, 1)?),
    };
    let outputs: usize = axes.iter().map(|axis| axis.len.max(axis.count()) * axis.size).product();
    if outputs * groups * per_group * out_per_group > 60_000 {
        return Err(arbitrary::Error::IncorrectFormat);
    }
    let reversed = (0..rank + 2).map(|_| u.ratio(1, 8)).collect::<Result<_>>()?;
    Ok(Case {
        images: 1 + upto(u, 1)?,
        groups,
        per_group,
        out_per_group,
        axes,
        transposed,
        output_padding,
        flipped: u.arbitrary()?,
        memory: order(u, rank + 2)?,
        reversed,
        repeated: vec![false; rank + 2],
        spread: 1 + upto(u, 2)? as isize,
        channels_last: u.arbitrary()?,
        isa: Isa::PORTABLE,
        method: if squares { Method::Winograd } else { Method::Direct },
        threads: 1 + upto(u, 2)?,
        scratch: *u.choose(&[40_000, 1 << 20])?,
        seed: u.arbitrary()?,
    })
}
