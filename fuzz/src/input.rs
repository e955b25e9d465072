//! Structured input from bytes: small numbers take a byte each, so that a changed byte changes one thing.

use arbitrary::{Result, Unstructured};
use windows_testkit::strategy::Strided;
use windows_testkit::{Border, Edge, NaiveAxis, NaiveWindows, Same};

/// A number in `0..=most`.
pub(crate) fn upto(u: &mut Unstructured<'_>, most: usize) -> Result<usize> {
    u.int_in_range(0..=most)
}

/// Any valid axis over up to `len` elements with windows of up to `size` taps.
pub(crate) fn axis(u: &mut Unstructured<'_>, len: usize, size: usize) -> Result<NaiveAxis> {
    let len = upto(u, len)?;
    axis_over(u, len, size)
}

/// Any valid axis over `len` elements with windows of up to `size` taps.
pub(crate) fn axis_over(u: &mut Unstructured<'_>, len: usize, size: usize) -> Result<NaiveAxis> {
    let axis =
        NaiveAxis::new(len, 1 + upto(u, size - 1)?, 1 + upto(u, 6)?).dilation(1 + upto(u, 4)?);
    Ok(match upto(u, 7)? {
        6 => axis.same(Same::Upper),
        7 => axis.same(Same::Lower),
        edge => {
            let axis = axis.edge(Edge::ALL[edge]);
            match axis.edge.takes_padding() {
                true => axis.padding(upto(u, 9)?, upto(u, 9)?),
                false => axis,
            }
        }
    })
}

/// One of the borders.
pub(crate) fn border(u: &mut Unstructured<'_>) -> Result<Border> {
    u.choose(&Border::ALL).copied()
}

/// The axes of a rank in any order.
pub(crate) fn order(u: &mut Unstructured<'_>, ndim: usize) -> Result<Vec<usize>> {
    let mut rest: Vec<usize> = (0..ndim).collect();
    let mut order = Vec::new();
    while !rest.is_empty() {
        order.push(rest.remove(upto(u, rest.len() - 1)?));
    }
    Ok(order)
}

/// A strided view of up to four axes and windows over its shape; none that are too many for the oracle.
pub(crate) fn case(u: &mut Unstructured<'_>) -> Result<(Strided, NaiveWindows)> {
    let ndim = upto(u, 4)?;
    let (len, size) = [(0, 1), (40, 24), (10, 7), (6, 4), (4, 3)][ndim];
    let axes: Vec<NaiveAxis> = (0..ndim).map(|_| axis(u, len, size)).collect::<Result<_>>()?;
    let naive = NaiveWindows::new(axes);
    let taps: usize = naive.counts().iter().chain(&naive.sizes()).product();
    if taps > 20_000 {
        return Err(arbitrary::Error::IncorrectFormat);
    }
    Ok((strided(u, naive.shape())?, naive))
}

/// A view of a shape whose axes are in any memory order, reversed, spread out or repeated.
fn strided(u: &mut Unstructured<'_>, shape: Vec<usize>) -> Result<Strided> {
    let mut strides = vec![0; shape.len()];
    let (mut extent, mut before, mut behind) = (1, upto(u, 2)?, upto(u, 2)?);
    for axis in order(u, shape.len())? {
        let spread: isize = *u.choose(&[1, 1, 1, -1, 2, -2, 3, 0])?;
        strides[axis] = extent * spread;
        let reach = shape[axis].saturating_sub(1) * strides[axis].unsigned_abs();
        *(if spread < 0 { &mut before } else { &mut behind }) += reach;
        extent = (extent * spread.abs() * shape[axis] as isize).max(extent);
    }
    Ok(Strided { buffer_len: before + behind + 1, offset: before, shape, strides })
}
