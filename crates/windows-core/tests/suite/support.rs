//! From the oracle's words to the library's, and the other way.

use windows_core::{AxisSpec, Border, Dyn, DynView, Edge, Same, WindowSpec};
use windows_testkit::axis::{self, NaiveAxis};
use windows_testkit::border;
use windows_testkit::strategy::Strided;
use windows_testkit::windows::NaiveWindows;

pub(crate) fn edge(edge: axis::Edge) -> Edge {
    match edge {
        axis::Edge::Drop => Edge::Drop,
        axis::Edge::Keep => Edge::Keep,
        axis::Edge::Covered => Edge::Covered,
        axis::Edge::Ceil => Edge::Ceil,
        axis::Edge::Snap => Edge::Snap,
        axis::Edge::Balance => Edge::Balance,
    }
}

pub(crate) fn spec(naive: &NaiveAxis) -> AxisSpec {
    let mut spec = AxisSpec::new(naive.size)
        .step(naive.step)
        .dilation(naive.dilation)
        .padding(naive.before, naive.after)
        .edge(edge(naive.edge));
    spec.same = naive.same.map(|same| match same {
        axis::Same::Upper => Same::Upper,
        axis::Same::Lower => Same::Lower,
    });
    spec
}

pub(crate) fn specs(naive: &NaiveWindows) -> WindowSpec<Dyn> {
    let axes: Vec<AxisSpec> = naive.axes().iter().map(spec).collect();
    WindowSpec::from_axes(&axes)
}

pub(crate) fn border<T>(naive: border::Border, constant: T) -> Border<T> {
    match naive {
        border::Border::Constant => Border::Constant(constant),
        border::Border::Replicate => Border::Replicate,
        border::Border::Reflect => Border::Reflect,
        border::Border::Symmetric => Border::Symmetric,
        border::Border::Wrap => Border::Wrap,
    }
}

/// A view of a counting buffer.
pub(crate) fn view<'a>(buffer: &'a [usize], strided: &Strided) -> DynView<'a, usize> {
    DynView::strided(buffer, strided.offset, &strided.shape, &strided.strides).unwrap()
}

/// Numbers from a seed.
pub(crate) fn noise(len: usize, seed: u32) -> Vec<i64> {
    let value = |i: usize| (i as i64 + 3) * (i64::from(seed) % 1000 + 7) % 211 - 105;
    (0..len).map(value).collect()
}
