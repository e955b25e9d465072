//! Windows of a size that the compiler knows.

use windows_core::{View, WindowSpec};

#[test]
fn arrays_are_the_windows() {
    let data: Vec<i32> = (0..60).collect();
    let line = View::from_slice(&data);
    let windows = line.windows(WindowSpec::new([3]).step(4));
    assert!(
        windows.arrays::<3>().unwrap().map(|a| a.to_vec()).eq(windows.iter().map(|w| w.to_vec()))
    );

    let plane = View::new(&data, [6, 10]).unwrap();
    for spec in [WindowSpec::new([2, 3]), WindowSpec::new([2, 3]).dilation([3, 2]).step([1, 4])] {
        for view in [plane, plane.reverse(1).unwrap(), plane.reverse(0).unwrap()] {
            let windows = view.windows(spec);
            let arrays = windows.arrays::<2, 3>().unwrap();
            let expected: Vec<Vec<i32>> = windows.iter().map(|w| w.to_vec()).collect();
            assert_eq!(arrays.len(), expected.len());
            assert!(arrays.clone().map(|a| a.concat()).eq(expected.iter().cloned()));
            assert!(arrays.rev().map(|a| a.concat()).eq(expected.iter().rev().cloned()));
        }
    }
    let space = View::new(&data, [3, 4, 5]).unwrap();
    let windows = space.windows([2, 2, 2]);
    let arrays = windows.arrays::<2, 2, 2>().unwrap();
    let expected: Vec<Vec<i32>> = windows.iter().map(|w| w.to_vec()).collect();
    assert_eq!(arrays.clone().nth(5).unwrap().concat().concat(), expected[5]);
    assert!(arrays.map(|a| a.concat().concat()).eq(expected));
}

#[test]
fn another_size_or_a_missing_tap_is_refused() {
    let data = [0_u8; 12];
    let view = View::new(&data, [3, 4]).unwrap();
    let windows = view.windows([2, 3]);
    assert_eq!(
        windows.arrays::<2, 2>().unwrap_err().to_string(),
        "window has length 3 on axis 1, but 2 is needed"
    );
    assert!(view.windows(WindowSpec::new([2, 2]).padding(1)).arrays::<2, 2>().is_err());
}
