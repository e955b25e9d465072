//! The orders as plain loops over pixels, written from their descriptions.

use windows_patches::Order;

/// Where a patch starts and which pixels it has, with anything outside of the image reading as nothing.
pub(crate) struct Case {
    pub(crate) shape: [usize; 4],
    pub(crate) size: [usize; 2],
    /// Rows and columns where patches start.
    pub(crate) starts: [Vec<usize>; 2],
    pub(crate) merge: usize,
    pub(crate) frames: usize,
}

impl Case {
    /// Every value of the packed array, in order: image, row, column and channel of a pixel.
    pub(crate) fn pixels(&self, order: Order) -> Vec<[usize; 4]> {
        let [images, .., channels] = self.shape;
        let [height, width] = self.size;
        let [rows, columns] = [self.starts[0].len(), self.starts[1].len()];
        let mut out = Vec::new();
        let at = |image, (row, column): (usize, usize), y, x, channel| {
            [image, self.starts[0][row] + y, self.starts[1][column] + x, channel]
        };
        let raster = || (0..rows).flat_map(|row| (0..columns).map(move |column| (row, column)));
        let channels_last = |out: &mut Vec<_>, image, patch| {
            for y in 0..height {
                for x in 0..width {
                    out.extend((0..channels).map(|channel| at(image, patch, y, x, channel)));
                }
            }
        };
        let plane = |out: &mut Vec<_>, image, patch, channel| {
            for y in 0..height {
                out.extend((0..width).map(|x| at(image, patch, y, x, channel)));
            }
        };
        match order {
            Order::Vit | Order::Jax => {
                for image in 0..images {
                    for patch in raster() {
                        (0..channels).for_each(|channel| plane(&mut out, image, patch, channel));
                    }
                }
            }
            Order::Torch => {
                for image in 0..images {
                    for channel in 0..channels {
                        for y in 0..height {
                            for x in 0..width {
                                out.extend(raster().map(|patch| at(image, patch, y, x, channel)));
                            }
                        }
                    }
                }
            }
            Order::Qwen2Vl => {
                let merge = self.merge;
                for time in 0..images.div_ceil(self.frames) {
                    for (block_row, block_column) in
                        (0..rows / merge).flat_map(|r| (0..columns / merge).map(move |c| (r, c)))
                    {
                        for (row, column) in
                            (0..merge).flat_map(|r| (0..merge).map(move |c| (r, c)))
                        {
                            let patch = (block_row * merge + row, block_column * merge + column);
                            for channel in 0..channels {
                                for frame in 0..self.frames {
                                    let image = (time * self.frames + frame) % images;
                                    plane(&mut out, image, patch, channel);
                                }
                            }
                        }
                    }
                }
            }
            _ => {
                for image in 0..images {
                    raster().for_each(|patch| channels_last(&mut out, image, patch));
                }
            }
        }
        out
    }
}
