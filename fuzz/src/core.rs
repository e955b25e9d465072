//! The core: axes, layouts, windows, packing, folding, stitching.

use arbitrary::{Result, Unstructured};
use windows_core::{Axis, AxisSpec, Edge, Extent, Same};
use windows_stitch::Taper;
use windows_testkit::{NaiveAxis, NaiveWindows};

use crate::input::{axis, border, case, upto};

#[path = "../../crates/windows-core/tests/suite/agree.rs"]
mod agree;
#[path = "../../crates/windows-core/tests/suite/specs.rs"]
mod specs;
#[path = "../../crates/windows-stitch/tests/suite/stitched.rs"]
mod stitched;
#[path = "../../crates/windows-core/tests/suite/support.rs"]
mod support;

/// Axes of any size: small ones against the oracle, the others against exact arithmetic.
pub(crate) fn geometry(u: &mut Unstructured<'_>) -> Result<()> {
    if u.arbitrary()? {
        agree::axis(&axis(u, 60, 20)?);
        return Ok(());
    }
    let len = number(u)?;
    let extent = match upto(u, 5)? {
        0 => Extent::Each,
        1 => Extent::Whole,
        _ => Extent::Size(number(u)?),
    };
    let spec = AxisSpec {
        extent,
        step: number(u)?,
        dilation: number(u)?,
        before: number(u)?,
        after: number(u)?,
        same: *u.choose(&[None, None, None, Some(Same::Upper), Some(Same::Lower)])?,
        edge: *u.choose(&[
            Edge::Drop,
            Edge::Keep,
            Edge::Covered,
            Edge::Ceil,
            Edge::Snap,
            Edge::Balance,
        ])?,
    };
    let Ok(axis) = Axis::new(len, spec) else { return Ok(()) };
    assert_eq!(Axis::new(axis.len(), axis.spec()).as_ref(), Ok(&axis));
    let (len, field) = (axis.len() as i128, axis.field() as i128);
    let (before, after) = (axis.before() as i128, axis.after() as i128);
    let interior = axis.interior();
    assert!(interior.start <= interior.end && interior.end <= axis.count());
    if axis.count() == 0 {
        return Ok(());
    }
    let last = axis.count() - 1;
    let mut previous = i128::MIN;
    let mut positions =
        vec![0, last / 3, last / 2, last, interior.start, interior.end, upto(u, last)?];
    positions.retain(|&i| i <= last);
    positions.sort_unstable();
    positions.dedup();
    for i in positions {
        let start = axis.start(i) as i128;
        assert!(start > previous && start >= -before, "starts ascend");
        previous = start;
        if axis.is_regular() {
            assert_eq!(start, i as i128 * axis.step() as i128 - before);
        }
        let whole = start >= 0 && start + field <= len;
        assert_eq!(interior.contains(&i), whole);
        let (region, taps) = (axis.region(i), axis.taps(i));
        assert!(region.start <= region.end && region.end as i128 <= len);
        assert_eq!(region.len() as i128, ((start + field).min(len) - start.max(0)).max(0));
        assert!(taps.start <= taps.end && taps.end <= axis.size());
        let real = |tap: usize| {
            let at = start + tap as i128 * axis.dilation() as i128;
            (0..len).contains(&at)
        };
        for tap in [
            0,
            taps.start,
            taps.end / 2,
            taps.end.saturating_sub(1),
            taps.end,
            axis.size().saturating_sub(1),
        ] {
            if tap < axis.size() {
                assert_eq!(taps.contains(&tap), real(tap), "tap {tap} of window {i} of {axis:?}");
            }
        }
        if !taps.is_empty() {
            let element = axis.element(i, taps.start);
            let covering = axis.covering(element as usize);
            assert!(covering.size_hint().1.is_some_and(|most| most > 0));
        }
    }
    // What was asked for, in exact arithmetic.
    if spec.same.is_none() && matches!(axis.spec().extent, Extent::Size(_)) {
        let (padded, step) = (len + before + after, axis.step() as i128);
        let expected = match spec.edge {
            Edge::Drop if padded < field => 0,
            Edge::Drop => (padded - field) / step + 1,
            Edge::Keep => (len + step - 1) / step,
            Edge::Ceil => ((padded - field + step - 1).div_euclid(step) + 1)
                .min((len + before + step - 1) / step)
                .max(0),
            _ if len == 0 => 0,
            _ => ((len - field + step - 1).div_euclid(step) + 1).max(1),
        };
        assert_eq!(axis.count() as i128, expected, "{axis:?}");
    }
    Ok(())
}

/// Sizes that people use, and those that wrap.
fn number(u: &mut Unstructured<'_>) -> Result<usize> {
    let most = isize::MAX as usize;
    Ok(match upto(u, 7)? {
        0 => most - upto(u, 3)?,
        1 => usize::MAX - upto(u, 3)?,
        2 => most / (1 + upto(u, 7)?),
        3 => 1 << upto(u, 63)?,
        4 => u.arbitrary()?,
        _ => upto(u, 40)?,
    })
}

/// No shape or stride reaches outside of the data.
pub(crate) fn bounds(u: &mut Unstructured<'_>) -> Result<()> {
    let ndim = upto(u, 5)?;
    let shape: Vec<usize> = (0..ndim).map(|_| number(u)).collect::<Result<_>>()?;
    let strides: Vec<isize> = (0..ndim)
        .map(|_| {
            let stride = number(u)? as isize;
            Ok(if u.arbitrary()? { stride.wrapping_neg() } else { stride })
        })
        .collect::<Result<_>>()?;
    let offset = number(u)?;
    agree::bounds(&shape, &strides, offset);
    Ok(())
}

/// A strided view, its grid and its windows in every way of reading them.
pub(crate) fn windows(u: &mut Unstructured<'_>) -> Result<()> {
    let (strided, naive) = case(u)?;
    let kind = border(u)?;
    match upto(u, 6)? {
        0 => agree::layout(&strided),
        1 => agree::grid(&strided, &naive),
        2 if strided.buffer_len < 300 => agree::covering(&strided, &naive),
        3 => agree::windows(&strided, &naive, kind),
        4 => agree::rows(&strided, &naive),
        5 => {
            let sides = [(); 4].map(|()| Ok((upto(u, 9)?, upto(u, 9)?)));
            let sides = sides.into_iter().collect::<Result<Vec<_>>>()?;
            if strided.shape.len() <= 3 {
                agree::pad(&strided, &sides, kind);
            }
        }
        _ => agree::as_view(&strided, &naive),
    }
    Ok(())
}

/// Packing and its adjoint.
pub(crate) fn fold(u: &mut Unstructured<'_>) -> Result<()> {
    let (strided, naive) = case(u)?;
    let kind = border(u)?;
    agree::pack(&strided, &naive, kind);
    agree::fold(&strided, &naive, kind, u.arbitrary()?);
    Ok(())
}

/// Stitching under every rule.
pub(crate) fn stitch(u: &mut Unstructured<'_>) -> Result<()> {
    let (_, naive) = case(u)?;
    let axes: Vec<NaiveAxis> = naive.axes().iter().map(|axis| axis.clone().dilation(1)).collect();
    let covered =
        |axis: &NaiveAxis| (0..axis.len).all(|element| !axis.covering(element).is_empty());
    let naive = NaiveWindows::new(axes);
    let taps: usize = naive.counts().iter().chain(&naive.sizes()).product();
    if taps > 20_000 || !naive.axes().iter().all(covered) {
        return Ok(());
    }
    let all = [Taper::Constant, Taper::Linear, Taper::Hann, Taper::GAUSSIAN];
    let (taper, seed) = (u.choose(&all)?.clone(), u.arbitrary()?);
    match upto(u, 4)? {
        0 => stitched::means(&naive, &taper, seed),
        1 => stitched::comes_back(&naive, &taper, seed),
        2 => stitched::integers(&naive, seed),
        3 => stitched::picks(&naive, seed),
        _ => stitched::nans(&naive, seed),
    }
    Ok(())
}
