//! How the multiplication of a pass is laid out: what lies along the lanes, and what is packed at a time.

use crate::band::Bands;
use crate::kernel::gemm::longest_k_block;
use crate::kernel::job::ALIGN;
use crate::kernel::table::TileSize;
use crate::pass::Pass;
use crate::square::{PLACES, Room, Squares};

/// Bytes of a strip that stay in the second level of cache, with a panel of weights and sums.
const STRIP: usize = 512 << 10;

/// Channels whose inputs are transformed at a time: their strip stays in the first level of cache.
const PART: usize = 8;

/// Bytes of a page of memory.
const PAGE: usize = 4096;

/// Units of work for each thread: what the others cannot know, the one that starts late or is interrupted
/// does less of.
const UNITS: usize = 4;

/// What lies along the lanes of registers; the other operand is broadcast.
#[derive(Clone, Debug)]
pub(crate) enum Tiles {
    /// Pixels, packed in blocks of at most `block`.
    Pixels { block: usize },
    /// Channels; pixels are packed in strips.
    Channels(Bands),
    /// Channels, of outputs by the square.
    Squares(Box<Squares>),
}

#[derive(Clone, Debug)]
pub(crate) struct Shape {
    pub tiles: Tiles,
    /// Whether tiles are summed up in scratch and then moved, because neighbouring lanes are not
    /// neighbours in the output.
    pub buffered: bool,
    /// Into how many units of work the channels of a block or a band are divided.
    pub parts: usize,
    /// Elements of scratch memory a thread.
    pub scratch: usize,
}

impl Shape {
    pub(crate) fn channel_lanes(&self) -> bool {
        !matches!(self.tiles, Tiles::Pixels { .. })
    }

    /// Whether outputs are summed up by the square.
    pub(crate) fn squares(&self) -> bool {
        matches!(self.tiles, Tiles::Squares(_))
    }
}

/// The multiplication of one pass over one group of an image.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Product<'a> {
    pub pass: &'a Pass,
    /// Lanes of channels for each tap.
    pub per_tap: usize,
    /// Output channels.
    pub channels: usize,
    /// Elements from one channel of the output to the next.
    pub out_channel: isize,
    /// Whether elements are lanes, so that registers of them can be loaded.
    pub plain: bool,
    /// Elements from one channel of the input to the next.
    pub in_channel: isize,
    /// Bytes of a lane.
    pub size: usize,
    /// Most bytes of scratch memory a thread.
    pub limit: usize,
    pub threads: usize,
    /// Images times groups.
    pub times: usize,
    /// Whether squares of outputs may be summed up by Winograd's method.
    pub winograd: bool,
}

impl TileSize {
    /// The layout of the least work that fits the limit, or the bytes that the smallest one needs. Whether it is
    /// squares depends on the geometry alone, for their sums have other roundings.
    pub(crate) fn shape(self, of: &Product<'_>) -> Result<Shape, usize> {
        if of.winograd
            && of.plain
            && let Some(squares) = of.pass.squares()
        {
            return self.by_squares(of, squares);
        }
        let (pixels, channels) = (self.by_pixels(of), self.by_channels(of));
        match (pixels, channels) {
            (Ok(pixels), Ok(channels)) => {
                let fewer = self.channel_cycles(of, &channels) < self.pixel_cycles(of, &pixels);
                Ok(if fewer { channels } else { pixels })
            }
            (Err(pixels), Err(channels)) => Err(pixels.min(channels)),
            (pixels, channels) => pixels.or(channels),
        }
    }

    /// Rough cycles with pixels along the lanes: two multiply-adds a cycle, and a few cycles for each
    /// register that is packed, for each tap anew.
    fn pixel_cycles(self, of: &Product<'_>, shape: &Shape) -> f64 {
        let pixels = of.pass.pixels().next_multiple_of(self.width);
        let channels = self.padded(false, of.channels);
        let registers = (pixels / self.width) as f64;
        let steps = of.per_tap as f64 * of.pass.taps() as f64;
        let packed = if of.plain && matches!(of.pass.stride, 1 | 2) { 5.0 } else { 40.0 };
        let packed = if of.plain && of.pass.is_pointwise() { 2.0 } else { packed };
        let moved = if shape.buffered { 2.0 * self.width as f64 } else { 0.1 };
        registers * (steps * (channels as f64 / 2.0 + packed) + channels as f64 * moved)
    }

    /// The same with channels along the lanes: inputs are packed once, sums are transposed.
    fn channel_cycles(self, of: &Product<'_>, shape: &Shape) -> f64 {
        let Tiles::Channels(bands) = &shape.tiles else { return f64::INFINITY };
        let channels = (self.padded(true, of.channels) / self.width) as f64;
        let steps = of.per_tap as f64 * of.pass.taps() as f64;
        let plain = of.plain && matches!(of.pass.stride, 1 | 2);
        let packed = if plain { 5.0 / self.width as f64 } else { 3.0 };
        let strips = match bands.in_place {
            true => 0.0,
            false => bands.packed(),
        };
        let moved = match (shape.buffered, of.pass.out_stride) {
            (false, _) => 0.2,
            (true, 1) => 6.0,
            (true, _) => 2.0 * self.width as f64,
        };
        let multiplied = of.pass.pixels() as f64 * channels * (steps / 2.0 + moved);
        multiplied + of.per_tap as f64 * strips * packed
    }

    /// Pixels along the lanes, in the largest blocks that fit.
    fn by_pixels(self, of: &Product<'_>) -> Result<Shape, usize> {
        let (pass, size) = (of.pass, of.size);
        let (pixels, steps) = (pass.pixels(), of.per_tap * pass.taps());
        let buffered = !(pass.out_flat && pass.out_stride == 1);
        let kept = if buffered { steps } else { longest_k_block(steps) };
        let per_pixel = kept + if buffered { self.rows } else { 0 };
        let room = of.limit.saturating_sub(ALIGN) / size / per_pixel.max(1);
        if room < self.width {
            return Err(per_pixel
                .saturating_mul(self.width)
                .saturating_mul(size)
                .saturating_add(ALIGN));
        }
        let most = self.width * self.vectors;
        let most_at_once =
            if room >= most { room / most * most } else { room / self.width * self.width };
        // Even blocks: a short last one would leave the tiles half empty.
        let blocks = pixels.div_ceil(most_at_once).max(of.blocks().min(pixels.div_ceil(most)));
        let units = pixels.div_ceil(blocks.max(1)).div_ceil(self.width).max(1);
        let block = (units.next_multiple_of(self.vectors) * self.width).min(most_at_once);
        let padded = block.min(pixels.next_multiple_of(self.width)).max(self.width);
        let scratch = per_pixel * padded + ALIGN / size;
        let parts = of.parts(pixels.div_ceil(block), of.channels.div_ceil(self.rows));
        Ok(Shape { tiles: Tiles::Pixels { block }, buffered, parts, scratch })
    }

    /// Channels along the lanes, in the largest bands that fit.
    fn by_channels(self, of: &Product<'_>) -> Result<Shape, usize> {
        let (pass, unit) = (of.pass, of.unit());
        let panel = self.padded(true, of.channels).min(self.panel(true));
        let needed = |bands: &Bands| {
            let strip = bands.strip(of.per_tap).saturating_add(unit);
            let sums = if of.scatters() { bands.pixels().saturating_mul(panel) } else { 0 };
            strip.saturating_add(sums).saturating_add(unit)
        };
        // Neighbouring channels in one page are read as well as packed ones.
        let near = of.in_channel > 0 && of.in_channel as usize <= PAGE / of.size;
        let in_place = of.plain && pass.is_pointwise() && near;
        // Weights are read again for every band: threads share bands where those are the lesser part.
        let shared = pass.taps() * of.channels > pass.pixels();
        // A row has a line of its own at the least: what cannot fit need not be tried.
        let line = if in_place { 1 } else { of.per_tap.saturating_mul(pass.width) };
        let (bands, scratch) = self.fit(of, STRIP, line, shared, in_place, needed)?;
        Ok(self.wide(of, bands.len(), Tiles::Channels(bands), scratch))
    }

    /// Squares of outputs, in the largest bands that fit.
    fn by_squares(self, of: &Product<'_>, pass: Pass) -> Result<Shape, usize> {
        let unit = of.unit();
        let panel = self.padded(true, of.channels).min(self.panel(true));
        let part = of.per_tap.clamp(1, PART);
        let room = |bands: &Bands| Room::new(bands, (of.per_tap, part), panel, of.scatters(), unit);
        let needed = |bands: &Bands| room(bands).len().saturating_add(unit);
        let line = (PLACES * (of.per_tap + panel)).saturating_mul(pass.width);
        let shared = of.channels > pass.pixels();
        let of_squares = Product { pass: &pass, ..*of };
        let (bands, scratch) = self.fit(&of_squares, usize::MAX, line, shared, false, needed)?;
        let (room, count) = (room(&bands), bands.len());
        let tiles = Tiles::Squares(Box::new(Squares { pass, bands, part, room }));
        Ok(self.wide(of, count, tiles, scratch))
    }

    /// Tiles with channels along the lanes, in this number of bands.
    fn wide(self, of: &Product<'_>, bands: usize, tiles: Tiles, scratch: usize) -> Shape {
        let parts = of.parts(bands, of.channels.div_ceil(self.panel(true)));
        Shape { tiles, buffered: of.scatters(), parts, scratch }
    }

    /// The largest bands whose `needed` elements are at most `most` bytes, or the least that are within the limit.
    /// There is one for each block that threads want, unless those share bands. A row needs `line` elements at
    /// the least.
    fn fit(
        self,
        of: &Product<'_>,
        most: usize,
        line: usize,
        shared: bool,
        in_place: bool,
        needed: impl Fn(&Bands) -> usize,
    ) -> Result<(Bands, usize), usize> {
        let pass = of.pass;
        let limit = of.limit / of.size;
        let room = limit.min(most / of.size);
        let bands = if shared { 1 } else { of.blocks() };
        let mut rows = pass.rows.div_ceil(bands).min(room / line.max(1)).max(1);
        let mut columns = match pass.rows {
            1 => pass.width.div_ceil(bands).next_multiple_of(self.pixels).min(pass.width),
            _ => pass.width,
        };
        loop {
            let bands = Bands::new(pass, rows, columns.max(1), of.unit(), in_place);
            let len = needed(&bands);
            if len <= room || (len <= limit && rows == 1 && columns <= self.pixels) {
                return Ok((bands, len));
            }
            if rows > 1 {
                rows = rows.div_ceil(2);
            } else if columns > 1 {
                let fewer = columns.div_ceil(2);
                columns = if fewer > self.pixels {
                    fewer.next_multiple_of(self.pixels).min(columns - 1)
                } else {
                    fewer
                };
            } else {
                return Err(len.saturating_mul(of.size));
            }
        }
    }
}

impl Product<'_> {
    /// Elements of a line of the cache.
    fn unit(&self) -> usize {
        ALIGN / self.size
    }

    /// Whether channels are not neighbours in the output: where they lie along the lanes, sums are moved.
    fn scatters(&self) -> bool {
        self.out_channel != 1
    }

    /// Blocks of pixels that there should be.
    fn blocks(&self) -> usize {
        match self.threads {
            1 => 1,
            threads => (UNITS * threads).div_ceil(self.times.max(1)),
        }
    }

    /// Into how many parts the channels are cut, for these numbers of `blocks` of pixels and `panels` of channels.
    fn parts(&self, blocks: usize, panels: usize) -> usize {
        self.blocks().div_ceil(blocks.max(1)).min(panels).max(1)
    }
}
