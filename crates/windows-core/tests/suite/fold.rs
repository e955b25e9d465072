//! Fold, the adjoint of pack.

use proptest::prelude::*;
use windows_core::{Border, Grid, WindowSpec};
use windows_testkit::strategy::border;

use crate::agree;
use crate::specs::specs;
use crate::support::{self, noise, view};
use crate::windows::case;

proptest! {
    #[test]
    fn folding_agrees_with_the_oracle(
        (strided, naive) in case(),
        kind in border(),
        seed in any::<u32>(),
    ) {
        agree::fold(&strided, &naive, kind, seed);
    }

    #[test]
    fn fold_is_the_adjoint_of_pack((strided, naive) in case(), kind in border(), seed in any::<u32>()) {
        // <pack x, y> = <x, fold y>, for the constant zero and for every index map.
        let grid = Grid::dynamic(&strided.shape, specs(&naive)).unwrap();
        let x = noise(strided.shape.iter().product(), seed ^ 1);
        let y = noise(grid.packed_len().unwrap(), seed);
        let border = support::border(kind, 0);
        let windows = windows_core::DynView::new(&x, &strided.shape).unwrap();
        let windows = windows.try_windows(specs(&naive)).unwrap();
        let Ok(bordered) = windows.with_border(border) else { return Ok(()) };
        let mut folded = vec![0; x.len()];
        grid.fold_border_into(&y, &border, &mut folded).unwrap();
        let dot = |a: &[i64], b: &[i64]| a.iter().zip(b).map(|(a, b)| a * b).sum::<i64>();
        prop_assert_eq!(dot(&bordered.pack(), &y), dot(&x, &folded));
    }

    #[test]
    fn folding_disjoint_whole_windows_undoes_packing((strided, naive) in case()) {
        let buffer = strided.buffer();
        let view = view(&buffer, &strided);
        let windows = view.try_windows(specs(&naive)).unwrap();
        let grid = windows.grid();
        if !grid.is_disjoint() {
            return Ok(());
        }
        let bordered = windows.with_border(Border::Constant(0)).unwrap();
        let folded = grid.fold(&bordered.pack()).unwrap();
        let covered = |index: &Vec<usize>| grid.covering(index).next().is_some();
        for (index, value) in windows_testkit::array::indices(view.shape()).iter().zip(folded) {
            let expected = if covered(index) { view[index.as_slice()] } else { 0 };
            prop_assert_eq!(value, expected);
        }
    }
}

#[test]
fn integers_wrap_in_every_profile() {
    let grid = Grid::new([3], [2]).unwrap();
    assert_eq!(grid.fold(&[1_u8, 200, 100, 7]).unwrap(), [1, 44, 7]);
    assert_eq!(grid.fold(&[0_i8, 127, 1, 0]).unwrap(), [0, -128, 0]);
}

#[test]
fn lengths_are_checked() {
    let grid = Grid::new([4, 4], WindowSpec::new([2, 2]).step(2)).unwrap();
    let error = grid.fold_into(&[0; 15], &mut [0; 16]).unwrap_err();
    assert_eq!(error.to_string(), "packed windows has length 15, but 16 is needed");
    let error = grid.fold_into(&[0; 16], &mut [0; 17]).unwrap_err();
    assert_eq!(error.to_string(), "output has length 17, but 16 is needed");
}
