//! Specs in the oracle's words, in the library's.

use windows_core::{AxisSpec, Dyn, Edge, Same, WindowSpec};
use windows_testkit::axis::{self, NaiveAxis};
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
