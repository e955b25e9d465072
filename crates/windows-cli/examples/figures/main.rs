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
use std::path::{Path, PathBuf};

use svg::Svg;

type Figure = Result<Svg, Box<dyn Error>>;
type Draw = fn() -> Figure;

const FIGURES: [(&str, Draw); 16] = [
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

fn docs() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs")
}

fn file(name: &str) -> PathBuf {
    docs().join("figures").join(name).with_extension("svg")
}

fn main() -> Result<(), Box<dyn Error>> {
    for (name, draw) in FIGURES {
        std::fs::write(file(name), draw()?.render())?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::{FIGURES, docs, file};

    #[test]
    fn the_figures_of_the_guide_are_those_drawn_now() {
        let guide = std::fs::read_to_string(docs().join("guide.md")).expect("the guide");
        for (name, draw) in FIGURES {
            let drawn = draw().expect(name).render();
            let kept = std::fs::read_to_string(file(name)).expect(name).replace("\r\n", "\n");
            assert_eq!(drawn, kept, "{name}: run `cargo run -p windows-cli --example figures`");
            assert!(guide.contains(&format!("(figures/{name}.svg)")), "{name} is in no guide");
        }
    }
}
