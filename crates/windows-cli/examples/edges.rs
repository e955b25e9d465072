//! Edges of a picture: a Gaussian, then the magnitude of two Sobel convolutions.
//!
//! ```sh
//! cargo run --release -p windows-cli --example edges -- docs/assets/rocket.jpg target/edges-both.png
//! ```

use std::error::Error;

use image::GrayImage;
use windows_conv::{ConvSpec, NamedKernel, conv};
use windows_core::{Border, View};

/// Several kernels of one size over a picture, which is padded by its own border.
fn filter(image: &View<'_, f32, 2>, kernels: &[NamedKernel]) -> Result<Vec<f32>, Box<dyn Error>> {
    let made: Vec<_> = kernels.iter().map(NamedKernel::weights).collect();
    let size = made[0].0;
    let weights: Vec<f32> = made.iter().flat_map(|(_, w)| w.iter().map(|&w| w as f32)).collect();
    let around = [size / 2; 2];
    let padded = image.pad(around, around, Border::Replicate)?;
    let [height, width] = [0, 1].map(|axis| image.shape()[axis] + size - 1);
    let x = View::new(&padded, [1, 1, height, width])?; // images, channels, height, width
    let w = View::new(&weights, [kernels.len(), 1, size, size])?; // a channel of outputs each
    Ok(conv(&ConvSpec::new([size, size]), &x, &w)?)
}

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args_os().skip(1);
    let mut path = || arguments.next().ok_or("usage: edges INPUT OUTPUT.png");
    let (input, output) = (path()?, path()?);
    let image = image::open(input)?.to_luma32f();
    let (width, height) = image.dimensions();
    let shape = [height as usize, width as usize];

    let smooth = filter(&View::new(image.as_raw(), shape)?, &[NamedKernel::Gauss(1.4)])?;
    let slopes = filter(&View::new(&smooth, shape)?, &[NamedKernel::SobelX, NamedKernel::SobelY])?;
    let (across, down) = slopes.split_at(smooth.len());
    let magnitude: Vec<f32> = across.iter().zip(down).map(|(x, y)| x.hypot(*y)).collect();
    let greatest = magnitude.iter().copied().fold(f32::MIN_POSITIVE, f32::max);

    // The root shows weak edges too.
    let pixels = magnitude.iter().map(|m| 255 - ((m / greatest).sqrt() * 255.0) as u8).collect();
    let edges = GrayImage::from_raw(width, height, pixels).ok_or("as many pixels as before")?;
    edges.save(&output)?;
    println!("{}: {width} x {height}, the steepest slope {greatest:.2}", output.display());
    Ok(())
}
