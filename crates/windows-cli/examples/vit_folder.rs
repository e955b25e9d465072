//! A folder of pictures to the tokens of a vision transformer: every picture resized and cropped to
//! 224 x 224, normalised and cut into 16 x 16 patches in one pass, all of them in one array.
//!
//! ```sh
//! cargo run --release -p windows-cli --example vit_folder -- docs/assets target/tokens.npy target/tokens.png
//! ```
//!
//! The picture shows the tokens turned back into pixels, with a gap between patches.

use std::error::Error;
use std::fs::File;
use std::io::BufWriter;
use std::path::{Path, PathBuf};

use image::imageops::FilterType;
use image::{Rgb, RgbImage};
use windows_cli::io::npy;
use windows_patches::{ImageView, Normalize, Order, Patchify};

const SIDE: usize = 224;
const PATCH: usize = 16;
const GAP: usize = 3;

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args_os().skip(1).map(PathBuf::from);
    let mut path = || arguments.next().ok_or("usage: vit_folder FOLDER TOKENS.npy PICTURE.png");
    let (folder, tokens, picture) = (path()?, path()?, path()?);

    let mut files: Vec<PathBuf> = std::fs::read_dir(folder)?
        .map(|entry| Ok(entry?.path()))
        .collect::<Result<_, Box<dyn Error>>>()?;
    files.retain(|file| file.extension().is_some_and(|end| end == "jpg" || end == "png"));
    files.sort();
    if files.is_empty() {
        return Err("the folder has no .jpg and no .png".into());
    }

    // One plan for all of them: images, patches, channels x height x width.
    let plan = Patchify::new(PATCH).order(Order::Vit).over([1, SIDE, SIDE, 3])?;
    let each = plan.packed_len();
    let normalize = Normalize::imagenet();
    let mut all = vec![0_f32; files.len() * each];
    for (file, out) in files.iter().zip(all.chunks_exact_mut(each)) {
        let image =
            image::open(file)?.resize_to_fill(SIDE as u32, SIDE as u32, FilterType::CatmullRom);
        let image = image.into_rgb8();
        let view = ImageView::interleaved(image.as_raw(), [SIDE, SIDE, 3])?;
        plan.convert_into(&view, &normalize, out)?;
    }
    let shape = [files.len(), plan.patches(), 3 * PATCH * PATCH];
    npy::write(&mut BufWriter::new(File::create(&tokens)?), &shape, &all)?;
    draw(&all, files.len()).save(&picture)?;

    let mean = all.iter().map(|&x| f64::from(x)).sum::<f64>() / all.len() as f64;
    println!("{}: {shape:?} f32, mean {mean:.3}", Path::new(&tokens).display());
    Ok(())
}

/// Every image's patches, at their places but apart.
fn draw(tokens: &[f32], images: usize) -> RgbImage {
    let (mean, deviation) = ([0.485_f32, 0.456, 0.406], [0.229_f32, 0.224, 0.225]);
    let (across, pitch) = (SIDE / PATCH, PATCH + GAP);
    let side = across * pitch + GAP;
    let mut picture = RgbImage::from_pixel((side * images) as u32, side as u32, Rgb([255; 3]));
    let patches = tokens.chunks_exact(3 * PATCH * PATCH).enumerate();
    for (index, patch) in patches {
        let (image, patch_index) = (index / (across * across), index % (across * across));
        let left = image * side + GAP + patch_index % across * pitch;
        let top = GAP + patch_index / across * pitch;
        for at in 0..PATCH * PATCH {
            let sample = |channel: usize| {
                let token = patch[channel * PATCH * PATCH + at];
                ((token * deviation[channel] + mean[channel]) * 255.0).round() as u8
            };
            let (x, y) = (left + at % PATCH, top + at / PATCH);
            picture.put_pixel(x as u32, y as u32, Rgb([0, 1, 2].map(sample)));
        }
    }
    picture
}
