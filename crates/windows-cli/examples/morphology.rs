//! Morphology by pooling: a dilation is a sliding maximum, an erosion a sliding minimum. The result is the
//! top hat of a picture, what is brighter than its surroundings and smaller than the window: here lamps and
//! their glow against the sky.
//!
//! ```sh
//! cargo run --release -p windows-cli --example morphology -- docs/assets/rocket.jpg target/top-hat.png
//! ```

use std::error::Error;

use image::GrayImage;
use windows_core::View;
use windows_pool::{Pool, Same, WindowSpec};

const SIZE: usize = 25;

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args_os().skip(1);
    let mut path = || arguments.next().ok_or("usage: morphology INPUT OUTPUT.png");
    let (input, output) = (path()?, path()?);
    let image = image::open(input)?.into_luma8();
    let (width, height) = image.dimensions();
    let shape = [height as usize, width as usize];

    // As large as the picture; what is beyond the border is absent, so it neither wins nor loses.
    let spec = WindowSpec::new([SIZE, SIZE]).same(Same::Upper);
    let eroded = Pool::min(spec.clone()).run(&View::new(image.as_raw(), shape)?)?;
    let opened = Pool::max(spec).run(&View::new(&eroded, shape)?)?;

    let mut bright = 0;
    let difference = image.as_raw().iter().zip(&opened).map(|(&pixel, &open)| {
        let hat = pixel - open; // an opening is nowhere above the picture
        bright += usize::from(hat > 64);
        hat
    });
    let hat = GrayImage::from_raw(width, height, difference.collect()).ok_or("as many pixels")?;
    hat.save(&output)?;
    println!("{}: {width} x {height}, {bright} pixels stand out", output.display());
    Ok(())
}
