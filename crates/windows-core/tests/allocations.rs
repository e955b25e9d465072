//! Iterating, and writing to the caller's buffers, allocates nothing: counted, not believed.

use std::hint::black_box;

use windows_core::{Border, DynView, Edge, View, ViewMut, WindowSpec};

fn allocations(run: impl FnOnce()) -> u64 {
    allocation_counter::measure(run).count_total
}

#[test]
fn the_counter_counts() {
    assert!(allocations(|| drop(black_box(vec![1, 2, 3]))) > 0);
}

#[test]
fn walking_and_writing_allocate_nothing() {
    // An interpreter is slow, and sees allocations all the same.
    let (height, width) = if cfg!(miri) { (9, 12) } else { (24, 30) };
    let data: Vec<f32> = (0..height * width * 3).map(|i| i as f32).collect();
    let specs = [
        WindowSpec::new([3, 4, 3]),
        WindowSpec::new([5, 3, 2]).step([2, 3, 1]).padding([2, 1, 0]),
        WindowSpec::new([7, 7, 3]).step([5, 4, 3]).edge(Edge::Snap),
        WindowSpec::new([4, 5, 1]).step([4, 5, 1]).dilation([1, 2, 1]).edge(Edge::Keep),
    ];
    for spec in specs {
        let fixed = View::new(&data, [height, width, 3]).unwrap();
        let dynamic = DynView::new(&data, [height, width, 3]).unwrap();
        let len = fixed.windows(spec).grid().packed_len().unwrap();
        let (mut packed, mut sums) = (vec![0.0; len], vec![0.0; fixed.windows(spec).len()]);
        let mut folded = vec![0.0; data.len()];
        let count = allocations(|| {
            let (fixed, dynamic) = (fixed.windows(spec), dynamic.windows(spec.to_dyn()));
            for window in &fixed {
                black_box(window.iter().rev().sum::<f32>());
                black_box(window.lanes().map(|lane| lane.len()).sum::<usize>());
            }
            for window in dynamic.iter().rev() {
                black_box(window.iter().nth(3));
            }
            fixed.map_into(&mut sums, |w| w.iter().sum()).unwrap();
            dynamic.reduce_into(&mut sums, 0.0, |sum, x| sum + x).unwrap();
            for border in [Border::Constant(1.0), Border::Reflect, Border::Wrap] {
                fixed.with_border(border).unwrap().pack_into(&mut packed).unwrap();
                dynamic.with_border(border).unwrap().pack_into(&mut packed).unwrap();
                dynamic.grid().fold_border_into(&packed, &border, &mut folded).unwrap();
            }
            fixed.grid().fold_into(&packed, &mut folded).unwrap();
            black_box(dynamic.grid().covering([3, 4, 1]).count());
        });
        assert_eq!(count, 0, "{spec:?}");
    }
    let mut image = vec![0_u8; height * width];
    let count = allocations(|| {
        let mut view = ViewMut::new(&mut image, [height, width]).unwrap();
        let spec = WindowSpec::new([8, 8]).step(8).edge(Edge::Keep);
        view.tiles_mut(spec).unwrap().for_each(|mut tile| tile.fill(1));
        view.for_each_window_mut([height - 1, 3], |_, mut w| w.fill(2)).unwrap();
    });
    assert_eq!(count, 0);
}
