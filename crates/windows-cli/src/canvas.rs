//! A picture to draw on, in RGB of 8 bits.

use crate::error::Result;
use crate::memory;

/// Red, green and blue.
pub type Colour = [u8; 3];

/// Rows of pixels from the top.
#[derive(Debug, Clone)]
pub struct Canvas {
    width: usize,
    height: usize,
    samples: Vec<u8>,
}

impl Canvas {
    /// A canvas of one colour.
    ///
    /// # Errors
    /// More pixels than there is memory.
    pub fn new([height, width]: [usize; 2], ground: Colour) -> Result<Self> {
        let count = memory::count(&[height, width, 3], "the picture")?;
        let mut samples = memory::zeroed(count, "the picture")?;
        samples.as_chunks_mut().0.fill(ground);
        Ok(Self { width, height, samples })
    }

    /// Height, width, and 3.
    pub fn shape(&self) -> [usize; 3] {
        [self.height, self.width, 3]
    }

    /// All samples, row by row.
    pub fn samples(&self) -> &[u8] {
        &self.samples
    }

    /// Colours pixels from `(x, y)` on, `width` to the right and `height` down, where the canvas has them.
    pub fn fill(&mut self, (x, y): (usize, usize), (width, height): (usize, usize), by: Colour) {
        let left = x.min(self.width);
        let right = x.saturating_add(width).min(self.width);
        for y in y..y.saturating_add(height).min(self.height) {
            let row = &mut self.samples.as_chunks_mut().0[y * self.width..][left..right];
            row.fill(by);
        }
    }

    /// Copies rows of `width` pixels to `(x, y)`, where they must fit.
    pub fn place(&mut self, (x, y): (usize, usize), width: usize, samples: &[u8]) {
        for (row, samples) in samples.chunks_exact(width * 3).enumerate() {
            let start = ((y + row) * self.width + x) * 3;
            self.samples[start..][..samples.len()].copy_from_slice(samples);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_lies_beyond_the_canvas_is_not_drawn() {
        let mut canvas = Canvas::new([2, 3], [9; 3]).unwrap();
        canvas.fill((2, 1), (5, 5), [1, 2, 3]);
        canvas.fill((7, 0), (1, 1), [4; 3]);
        assert_eq!(canvas.samples(), [[9; 15].as_slice(), &[1, 2, 3]].concat());
        canvas.place((1, 0), 1, &[5, 6, 7, 8, 0, 8]);
        assert_eq!(canvas.samples()[3..6], [5, 6, 7]);
        assert_eq!(canvas.samples()[12..15], [8, 0, 8]);
        assert_eq!(canvas.shape(), [2, 3, 3]);
    }
}
