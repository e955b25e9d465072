//! Draws the figures of the guide. What they show is computed by the library, so that they cannot
//! disagree with it.
//!
//! ```sh
//! cargo run -p windows-cli --example figures
//! ```

mod arrays;
mod svg;
mod uses;

use std::error::Error;
use std::path::Path;

use svg::Svg;

type Figure = Result<Svg, Box<dyn Error>>;

fn main() -> Result<(), Box<dyn Error>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/figures");
    std::fs::create_dir_all(&folder)?;
    let figures: [(&str, fn() -> Figure); 16] = [
        ("strides", arrays::strides),
        ("axis", arrays::axis),
        ("grid", arrays::grid),
        ("rgb", arrays::rgb),
        ("dilation", arrays::dilation),
        ("borders", arrays::borders),
        ("clipped", arrays::clipped),
        ("edges", arrays::edges),
        ("fold", arrays::fold),
        ("stitch", uses::stitch),
        ("halo", uses::halo),
        ("orders", uses::orders),
        ("pool", uses::pool),
        ("im2col", uses::im2col),
        ("frames", uses::frames),
        ("text", uses::text),
    ];
    for (name, draw) in figures {
        std::fs::write(folder.join(name).with_extension("svg"), draw()?.render())?;
    }
    Ok(())
}
