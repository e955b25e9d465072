//! A user of the core, under the name that the README gives it.

use sliding_windows::View;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let data: Vec<u8> = (0..16).collect();
    let view = View::new(&data, [4, 4])?;
    let windows = view.windows([2, 2]);
    assert_eq!(windows.grid().counts(), &[3, 3]);
    println!("{:?} windows on {}", windows.grid().counts(), chrono::NaiveDate::MIN);
    Ok(())
}
