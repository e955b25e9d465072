//! 1-D arithmetic, over every small case.

use windows_core::{Axis, AxisSpec, Border, Edge, Extent, Grid, Same, WindowError, WindowSpec};
use windows_testkit::axis::{self, NaiveAxis};
use windows_testkit::border::{self, border_index};

use crate::agree;
use crate::specs::spec;

/// An interpreter, a thousand times slower, is there for memory: it sees some of the small world.
const EVERY: usize = if cfg!(miri) { 5 } else { 1 };

/// Every valid axis with length < 9, size < 5, step < 6, dilation < 4 and paddings < 6.
fn small_world(mut check: impl FnMut(&NaiveAxis)) {
    for len in (0..9).step_by(EVERY) {
        for size in (1..5).step_by(EVERY.min(3)) {
            for step in (1..6).step_by(EVERY.min(2)) {
                for dilation in 1..4 {
                    let axis = NaiveAxis::new(len, size, step).dilation(dilation);
                    for same in [axis::Same::Upper, axis::Same::Lower] {
                        check(&axis.clone().same(same));
                    }
                    for edge in axis::Edge::ALL {
                        let most = if edge.takes_padding() { 6 } else { 1 };
                        for before in (0..most).step_by(EVERY) {
                            for after in (0..most).step_by(EVERY) {
                                check(&axis.clone().edge(edge).padding(before, after));
                            }
                        }
                    }
                }
            }
        }
    }
}

#[test]
fn every_small_axis_agrees_with_the_oracle() {
    small_world(agree::axis);
}

#[test]
fn regular_means_equally_spaced_and_disjoint_means_disjoint() {
    small_world(|naive| {
        let axis = Axis::new(naive.len, spec(naive)).unwrap();
        let starts = naive.starts();
        let before = naive.padding_in_force().0 as i64;
        let spaced = starts.iter().enumerate().all(|(i, s)| *s == (i * naive.step) as i64 - before);
        if axis.is_regular() {
            assert!(spaced, "{naive:?}");
        }
        // Of the virtual array: padding counts.
        let all: Vec<i64> = (0..starts.len()).flat_map(|i| naive.coordinates(i)).collect();
        let mut distinct = all.clone();
        distinct.sort_unstable();
        distinct.dedup();
        let disjoint = distinct.len() == all.len();
        if axis.is_disjoint() {
            assert!(disjoint, "{naive:?}");
        }
        if axis.is_regular() || naive.dilation == 1 {
            assert_eq!(axis.is_disjoint(), disjoint, "{naive:?}");
        }
    });
}

#[test]
fn windows_that_were_moved_are_disjoint_if_their_neighbours_are() {
    // Longer than the small world: the nearest two of a spread must be told from the last two of a snap.
    for len in 0..24 {
        for size in 1..7 {
            for step in 1..10 {
                for edge in [axis::Edge::Snap, axis::Edge::Balance] {
                    let naive = NaiveAxis::new(len, size, step).edge(edge);
                    let apart = naive.starts().windows(2).all(|two| two[1] - two[0] >= size as i64);
                    let axis = Axis::new(len, spec(&naive)).unwrap();
                    assert_eq!(axis.is_disjoint(), apart, "{naive:?}");
                }
            }
        }
    }
}

#[test]
fn whole_and_each_take_everything() {
    for len in 0..5 {
        let whole = Axis::new(len, AxisSpec::of(Extent::Whole)).unwrap();
        assert_eq!((whole.count(), whole.size(), whole.interior()), (1, len, 0..1));
        assert_eq!((whole.taps(0), whole.region(0)), (0..len, 0..len));
        let each = Axis::new(len, AxisSpec::of(Extent::Each)).unwrap();
        assert_eq!((each.count(), each.size(), each.interior()), (len, 1, 0..len));
        assert!((0..len).all(|i| each.start(i) == i as isize && whole.covering(i).eq([0])));
    }
}

#[test]
fn borders_agree_with_the_oracle() {
    for len in 0..6 {
        for kind in border::Border::ALL {
            let ours = crate::support::border(kind, 0_u8);
            for element in -20..26 {
                let read = ours.index(element, len);
                assert_eq!(
                    read,
                    border_index(element as i64, len, kind),
                    "{kind:?} {element} {len}"
                );
            }
        }
    }
    // Far outside, and on axes so long that the period is no isize.
    let most = isize::MAX as usize;
    for border in [Border::<u8>::Replicate, Border::Reflect, Border::Symmetric, Border::Wrap] {
        for element in [isize::MIN, isize::MIN + 1, -1, isize::MAX] {
            for len in [1, 2, 3, most - 1, most] {
                assert!(border.index(element, len).unwrap() < len);
            }
        }
    }
    assert_eq!(Border::<u8>::Symmetric.index(isize::MIN, most), Some(most - 1));
    assert_eq!(Border::<u8>::Reflect.index(-1, most), Some(1));
}

#[test]
fn published_same_padding_is_reproduced() {
    // TensorFlow 2.21, padding SAME: length, size, step, dilation, windows, total padding.
    let rows = [
        (7, 3, 2, 1, 4, 2),
        (8, 3, 2, 1, 4, 1),
        (8, 3, 3, 1, 3, 1),
        (5, 4, 1, 1, 5, 3),
        (8, 3, 2, 2, 4, 3),
        (3, 2, 4, 1, 1, 0),
        (5, 2, 4, 1, 2, 1),
        (4, 1, 3, 1, 2, 0),
    ];
    for (len, size, step, dilation, count, total) in rows {
        for (same, before) in [(Same::Upper, total / 2), (Same::Lower, total - total / 2)] {
            let spec = AxisSpec::new(size).step(step).dilation(dilation).same(same);
            let axis = Axis::new(len, spec).unwrap();
            assert_eq!(
                (axis.count(), axis.before(), axis.before() + axis.after()),
                (count, before, total)
            );
        }
    }
}

#[test]
fn what_cannot_be_is_refused_with_its_numbers() {
    let most = isize::MAX as usize;
    let refused = |len, spec| Axis::new(len, spec).unwrap_err();
    assert_eq!(refused(5, AxisSpec::new(0)), WindowError::ZeroSize { axis: 0 });
    assert_eq!(refused(5, AxisSpec::new(2).step(0)), WindowError::ZeroStep { axis: 0 });
    assert_eq!(refused(5, AxisSpec::new(2).dilation(0)), WindowError::ZeroDilation { axis: 0 });
    for edge in [Edge::Keep, Edge::Covered, Edge::Snap, Edge::Balance] {
        for (before, after) in [(1, 2), (0, 2), (1, 0)] {
            let error = refused(5, AxisSpec::new(2).padding(before, after).edge(edge));
            let name = edge.name();
            assert_eq!(
                error.to_string(),
                format!("padding {before}:{after} on axis 0 beside `{name}`, which takes none")
            );
        }
    }
    let error = refused(5, AxisSpec::new(2).padding(0, 2).same(Same::Upper));
    assert!(matches!(error, WindowError::PaddingConflict { before: 0, after: 2, .. }));
    let error = refused(5, AxisSpec::new(2).edge(Edge::Keep).same(Same::Upper));
    assert_eq!(error, WindowError::EdgeConflict { axis: 0, edge: "keep" });

    // What would wrap.
    let huge = [most, most + 1, usize::MAX - 1, usize::MAX];
    for big in huge {
        assert!(matches!(
            refused(5, AxisSpec::new(big).dilation(2)),
            WindowError::FieldOverflow { .. }
        ));
        assert!(matches!(
            refused(5, AxisSpec::new(3).dilation(big)),
            WindowError::FieldOverflow { .. }
        ));
        for (before, after) in [(big, 0), (0, big), (big, big), (1, big)] {
            assert!(matches!(
                refused(5, AxisSpec::new(3).padding(before, after)),
                WindowError::PaddedOverflow { .. }
            ));
        }
        // A step that long leaves one window, which is fine.
        assert_eq!(Axis::new(5, AxisSpec::new(3).step(big)).unwrap().count(), 1);
    }
    assert!(matches!(
        refused(5, AxisSpec::new(2).dilation(most)),
        WindowError::FieldOverflow { .. }
    ));
    assert!(Axis::new(5, AxisSpec::new(2).dilation(most - 1)).is_ok());
    assert!(Axis::new(1, AxisSpec::new(2).dilation(most - 1).same(Same::Upper)).is_ok());
    assert!(Axis::new(most, AxisSpec::new(most)).is_ok());
    assert!(matches!(
        refused(most + 1, AxisSpec::new(1)),
        WindowError::PaddedOverflow { len, .. } if len == most + 1
    ));
    // The start of the last window of `covered` lies a step beyond the data.
    assert!(matches!(
        refused(most, AxisSpec::new(1).step(most - 2).edge(Edge::Covered)),
        WindowError::StartOverflow { .. }
    ));
    assert!(matches!(
        refused(most, AxisSpec::new(2).dilation(most - 2).same(Same::Upper)),
        WindowError::PaddedOverflow { .. }
    ));
}

#[test]
fn the_longest_axes_do_not_wrap() {
    let most = isize::MAX as usize;
    for edge in [Edge::Drop, Edge::Ceil, Edge::Keep, Edge::Covered, Edge::Snap, Edge::Balance] {
        for (size, step) in [(1, 1), (7, 3), (most / 2, most / 3), (most, 1), (3, most / 2)] {
            let Ok(axis) = Axis::new(most, AxisSpec::new(size).step(step).edge(edge)) else {
                continue;
            };
            let last = axis.count() - 1;
            for i in [0, last / 3, last / 2, last] {
                let start = axis.start(i);
                assert!(start >= 0);
                let region = axis.region(i);
                assert!(region.start <= region.end && region.end <= most);
                let taps = axis.taps(i);
                assert!(taps.start <= taps.end && taps.end <= size);
                if !taps.is_empty() {
                    let covering = axis.covering(start as usize);
                    assert!(covering.size_hint().1.unwrap() > 0);
                }
            }
            if matches!(edge, Edge::Snap | Edge::Balance) {
                assert_eq!(axis.start(last) as usize, most - size);
            }
        }
    }
}

#[test]
fn errors_of_a_grid_name_the_axis() {
    let error = Grid::new([4, 6], WindowSpec::new([2, 0])).unwrap_err();
    assert_eq!(error, WindowError::ZeroSize { axis: 1 });
    let error = Grid::new([4, 6], WindowSpec::new([2, 5]).dilation([1, 2]))
        .and_then(Grid::require_windows)
        .unwrap_err();
    assert_eq!(
        error.to_string(),
        "window size 5 with dilation 2 spans 9 on axis 1, but the padded length is 6"
    );
    let error = Grid::dynamic([4, 6], WindowSpec::new([2, 2]).step([1, 2, 3])).unwrap_err();
    assert_eq!(error.to_string(), "step has 3 values, but there are 2 axes");
}

#[test]
fn every_name_is_read_as_what_it_names() {
    for edge in Edge::ALL {
        assert_eq!(
            (edge.to_string().parse(), edge.to_string()),
            (Ok(edge), edge.name().to_owned())
        );
    }
    for same in Same::ALL {
        assert_eq!(
            (same.to_string().parse(), same.to_string()),
            (Ok(same), same.name().to_owned())
        );
    }
    for border in Border::ALL {
        assert_eq!(border.to_string().parse(), Ok(border));
        assert_eq!(border.with_constant(7).name(), border.name());
    }
    let error = "mirror".parse::<Border<()>>().unwrap_err();
    assert_eq!(error.to_string(), "not one of constant, replicate, reflect, symmetric, wrap");
}
