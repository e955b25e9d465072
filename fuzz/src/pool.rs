//! Pooling: every kind and type, on every path of this machine.

use arbitrary::{Result, Unstructured};
use windows_testkit::NaiveAxis;

use crate::input::{axis, border, order, upto};

#[path = "../../crates/windows-pool/tests/common/mod.rs"]
mod common;

use common::Case;
use common::check::{check_adaptive, check_extremes, check_norms, check_ranks, check_sums};

pub(crate) fn pool(u: &mut Unstructured<'_>) -> Result<()> {
    let check = upto(u, 25)?;
    if check == 25 {
        let axes = 1 + upto(u, 1)?;
        let axes: Vec<_> =
            (0..axes).map(|_| Ok((1 + upto(u, 39)?, 1 + upto(u, 59)?))).collect::<Result<_>>()?;
        check_adaptive(&axes, u.arbitrary()?);
        return Ok(());
    }
    let case = case(u)?;
    match check {
        0 => check_extremes(&case, u8::MIN, u8::MAX),
        1 => check_extremes(&case, i8::MIN, i8::MAX),
        2 => check_extremes(&case, u16::MIN, u16::MAX),
        3 => check_extremes(&case, i16::MIN, i16::MAX),
        4 => check_extremes(&case, u32::MIN, u32::MAX),
        5 => check_extremes(&case, i32::MIN, i32::MAX),
        6 => check_extremes(&case, u64::MIN, u64::MAX),
        7 => check_extremes(&case, i64::MIN, i64::MAX),
        8 => check_extremes(&case, f32::NEG_INFINITY, f32::INFINITY),
        9 => check_extremes(&case, f64::NEG_INFINITY, f64::INFINITY),
        10 => check_sums::<u8>(&case),
        11 => check_sums::<i8>(&case),
        12 => check_sums::<u16>(&case),
        13 => check_sums::<i16>(&case),
        14 => check_sums::<u32>(&case),
        15 => check_sums::<i32>(&case),
        16 => check_sums::<u64>(&case),
        17 => check_sums::<i64>(&case),
        18 => check_sums::<f32>(&case),
        19 => check_sums::<f64>(&case),
        20 => check_norms::<u8>(&case),
        21 => check_norms::<f32>(&case),
        22 => check_ranks::<u8>(&case),
        23 => check_ranks::<i32>(&case),
        _ => check_ranks::<f32>(&case),
    }
    Ok(())
}

fn case(u: &mut Unstructured<'_>) -> Result<Case> {
    let around = |u: &mut Unstructured<'_>| {
        let ndim = upto(u, 2)?;
        (0..ndim).map(|_| upto(u, 3)).collect::<Result<Vec<usize>>>()
    };
    let (before, behind) = (around(u)?, around(u)?);
    // One axis is long, so that rows of several registers are met in any rank.
    let ndim = 1 + upto(u, 2)?;
    let long = upto(u, ndim - 1)?;
    let lens = [0, 0, 16, 6];
    let sizes = [0, 0, 8, 4];
    let axes: Vec<NaiveAxis> = (0..ndim)
        .map(|at| match at == long {
            true => axis(u, 90, 40),
            false => axis(u, lens[ndim], sizes[ndim]),
        })
        .collect::<Result<_>>()?;
    let taps: usize = axes.iter().map(|axis| axis.count() * axis.size).product();
    let rows: usize = before.iter().chain(&behind).product();
    if taps * rows > 12_000 {
        return Err(arbitrary::Error::IncorrectFormat);
    }
    Ok(Case {
        order: order(u, before.len() + ndim + behind.len())?,
        before,
        axes,
        behind,
        reverse: upto(u, 7)?,
        seed: u.arbitrary()?,
        tame: u.arbitrary()?,
        border: if u.arbitrary()? { Some(border(u)?) } else { None },
    })
}
