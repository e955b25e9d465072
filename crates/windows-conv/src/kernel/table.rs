//! The kernels of an instruction set for an element: one line a pair of them.

use std::marker::PhantomData;
use std::ops::Range;

use windows_core::kernel::Isa;

use super::element::Input;
use super::job::Job;
use super::lanes::Lanes;
use super::name::Name;
use super::scalar::Scalar;
use super::{depthwise, gemm, wide, winograd};
use crate::band::{Band, Bands};
use crate::square::Squares;

/// A function, and what it is called.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Entry<F> {
    pub name: &'static str,
    pub call: F,
}

/// Multiplies channels by a block of pixels.
type ByBlock<X> = unsafe fn(&mut Job<'_, X>, Range<usize>, Range<usize>);

/// Multiplies a band, one of these, by channels.
type ByBand<X, Of> = unsafe fn(&mut Job<'_, X>, &Of, &Band, Range<usize>);

/// What a plan may call. The functions are safe to call where the instruction set is available, on what each says.
#[derive(Debug)]
pub struct Kernels<X: Input> {
    pub(crate) isa: Isa,
    pub(crate) tiles: TileSize,
    /// Channels, from the first one of a panel on, of a block of pixels.
    pub(crate) by_pixels: Entry<ByBlock<X>>,
    pub(crate) pack_strip: unsafe fn(&mut Job<'_, X>, &Bands, &Band),
    /// Channels of a band whose strip is packed.
    pub(crate) by_channels: Entry<ByBand<X, Bands>>,
    /// Nothing for elements that are packed in pairs: no kernel is compiled that no plan takes.
    plain: Option<PlainKernels<X>>,
}

/// Those of inputs whose elements are lanes.
#[derive(Debug)]
pub(crate) struct PlainKernels<X: Input> {
    pub transform: unsafe fn(&mut Job<'_, X>, &Squares, &Band),
    /// Channels of a band that is transformed.
    pub by_squares: Entry<ByBand<X, Squares>>,
    pub depthwise_rows: Entry<unsafe fn(depthwise::Rows<'_, X::Lane>)>,
    pub depthwise_channels: Entry<unsafe fn(depthwise::Channels<'_, X::Lane>)>,
}

/// The names of the kernels of an element and a set.
struct Names<X, S>(PhantomData<(X, S)>);

impl<X: Input, S: Lanes<X::Lane>> Names<X, S> {
    const TILES: TileSize = TileSize::of::<X::Lane, S>();
    const BY_PIXELS: &'static Name = &Self::multiplied(false, "pixels");
    const BY_CHANNELS: &'static Name = &Self::multiplied(true, "channels");
    const BY_SQUARES: &'static Name = &Self::multiplied(true, "winograd");
    const DEPTHWISE_ROWS: &'static Name =
        &Name::of(&[S::ISA.name(), X::ELEMENT, "depthwise", "pixels"]);
    const DEPTHWISE_CHANNELS: &'static Name =
        &Name::of(&[S::ISA.name(), X::ELEMENT, "depthwise", "channels"]);

    const fn multiplied(channel_lanes: bool, way: &str) -> Name {
        let tile = Name::tile(Self::TILES.tile(channel_lanes));
        Name::of(&[S::ISA.name(), X::ELEMENT, tile.text(), way])
    }
}

impl<X: Input> Kernels<X> {
    pub(crate) const fn of<S: Lanes<X::Lane>>() -> Self {
        Self {
            isa: S::ISA,
            tiles: TileSize::of::<X::Lane, S>(),
            by_pixels: Entry {
                name: Names::<X, S>::BY_PIXELS.text(),
                call: gemm::by_pixels::<X, S>,
            },
            pack_strip: wide::pack_strip::<X, S>,
            by_channels: Entry {
                name: Names::<X, S>::BY_CHANNELS.text(),
                call: wide::by_channels::<X, S>,
            },
            plain: match X::PLAIN {
                true => Some(PlainKernels {
                    transform: winograd::transform::<X, S>,
                    by_squares: Entry {
                        name: Names::<X, S>::BY_SQUARES.text(),
                        call: winograd::by_squares::<X, S>,
                    },
                    depthwise_rows: Entry {
                        name: Names::<X, S>::DEPTHWISE_ROWS.text(),
                        call: depthwise::rows::<X::Lane, S>,
                    },
                    depthwise_channels: Entry {
                        name: Names::<X, S>::DEPTHWISE_CHANNELS.text(),
                        call: depthwise::channels::<X::Lane, S>,
                    },
                }),
                false => None,
            },
        }
    }

    pub(crate) fn plain(&self) -> &PlainKernels<X> {
        self.plain.as_ref().expect("planning takes these for plain elements alone")
    }
}

/// The kernels of every instruction set for inputs of this element, the best one first.
macro_rules! kernels {
    ($input:ty) => {
        &[
            #[cfg(target_arch = "x86_64")]
            Kernels::of::<windows_simd::Avx512>(),
            #[cfg(target_arch = "x86_64")]
            Kernels::of::<windows_simd::Avx2>(),
            Kernels::of::<windows_simd::Portable>(),
        ]
    };
}
pub(crate) use kernels;

/// The tiles of an instruction set.
#[derive(Clone, Copy, Debug)]
pub(crate) struct TileSize {
    /// Lanes of a register.
    pub width: usize,
    /// Registers of pixels, with pixels along the lanes, and channels.
    pub vectors: usize,
    pub rows: usize,
    /// Registers of channels, with channels along the lanes, and pixels.
    pub wide: usize,
    pub pixels: usize,
}

impl TileSize {
    pub(crate) const fn of<T: Scalar, S: Lanes<T>>() -> Self {
        Self {
            width: S::WIDTH,
            vectors: S::VECTORS,
            rows: S::ROWS,
            wide: S::WIDE,
            pixels: S::PIXELS,
        }
    }

    /// Channels of a full panel.
    pub(crate) fn panel(self, channel_lanes: bool) -> usize {
        if channel_lanes { self.width * self.wide } else { self.rows }
    }

    /// What is broadcast, times the lanes.
    pub(crate) const fn tile(self, channel_lanes: bool) -> (usize, usize) {
        match channel_lanes {
            true => (self.pixels, self.width * self.wide),
            false => (self.rows, self.width * self.vectors),
        }
    }

    /// Channels that panels are padded to: whole rows, or whole registers.
    pub(crate) fn padded(self, channel_lanes: bool, channels: usize) -> usize {
        channels.next_multiple_of(if channel_lanes { self.width } else { self.rows })
    }
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;
    use std::sync::Arc;

    use windows_core::DynView;
    use windows_simd::Portable;

    use super::*;
    use crate::kernel::element::Operand;
    use crate::kernel::run;
    use crate::spec::Method;
    use crate::{ConvSpec, OutputOrder, PlanOptions};

    thread_local! {
        static CALLED: RefCell<Vec<&'static str>> = const { RefCell::new(Vec::new()) };
    }

    fn note(name: &'static str) {
        CALLED.with_borrow_mut(|called| called.push(name));
    }

    /// Notes what is called, and does nothing else.
    static NOTES: Kernels<f32> = Kernels {
        isa: Isa::PORTABLE,
        tiles: TileSize::of::<f32, Portable>(),
        by_pixels: Entry { name: "pixels", call: |_, _, _| note("pixels") },
        pack_strip: |_, _, _| note("pack"),
        by_channels: Entry { name: "channels", call: |_, _, _, _| note("channels") },
        plain: Some(PlainKernels {
            transform: |_, _, _| note("transform"),
            by_squares: Entry { name: "winograd", call: |_, _, _, _| note("winograd") },
            depthwise_rows: Entry { name: "depthwise-pixels", call: |_| note("depthwise-pixels") },
            depthwise_channels: Entry {
                name: "depthwise-channels",
                call: |_| note("depthwise-channels"),
            },
        }),
    };

    /// Channels, outputs, length, size, whether channels are innermost and squares are wanted.
    type Case = (usize, usize, usize, usize, bool, bool);

    const CASES: [(Case, &str, &[&str]); 5] = [
        ((2, 4, 64, 1, false, false), "-4x8-pixels", &["pixels"]),
        ((16, 16, 8, 3, true, false), "-4x8-channels", &["pack", "channels"]),
        ((16, 16, 8, 3, false, true), "-4x8-winograd", &["transform", "winograd"]),
        ((4, 4, 9, 3, false, false), "-depthwise-pixels", &["depthwise-pixels"]),
        ((4, 4, 9, 3, true, false), "-depthwise-channels", &["depthwise-channels"]),
    ];

    #[test]
    fn the_kernel_that_is_named_is_the_one_that_runs() {
        for ((channels, outputs, len, size, innermost, winograd), name, expected) in CASES {
            let groups = if name.contains("depthwise") { channels } else { 1 };
            let input = vec![0.0; channels * len * len];
            let view = match innermost {
                true => DynView::new(&input, [1, len, len, channels])
                    .and_then(|view| view.permute([0, 3, 1, 2])),
                false => DynView::new(&input, [1, channels, len, len]),
            };
            let view = view.expect("an image");
            let weights = vec![1.0; outputs * channels / groups * size * size];
            let weights = DynView::new(&weights, [outputs, channels / groups, size, size]);
            let weights = weights.expect("weights");
            let spec = ConvSpec::new([size, size]).padding(size / 2).groups(groups);
            let output = match innermost {
                true => OutputOrder::ChannelsLast,
                false => OutputOrder::ChannelsFirst,
            };
            let method = if winograd { Method::Winograd } else { Method::default() };
            for isa in Isa::available() {
                let options =
                    PlanOptions { isa: Some(isa), output, method, ..PlanOptions::default() };
                let plan = <f32 as Operand>::engine().plan;
                let mut program = plan(&spec, view.layout(), &weights, &options).expect("a plan");
                let printed = program.kernel().to_string();
                assert!(printed.starts_with(&format!("{}-f32-", program.kernels.isa)), "{printed}");
                assert!(isa.contains(program.kernels.isa), "{printed} for {isa}");
                if isa != Isa::PORTABLE {
                    continue;
                }
                assert!(printed.ends_with(name), "{printed}");
                Arc::get_mut(&mut program).expect("one owner").kernels = &NOTES;
                let noted = program.kernel().to_string();
                let mut out = vec![0.0; program.output_len()];
                let mut scratch = vec![0.0; program.scratch_len()];
                run::run(&program, &input, 0, &mut out, &mut scratch);
                let mut called = CALLED.take();
                called.dedup();
                assert!(called.chunks(expected.len()).all(|some| some == expected), "{called:?}");
                assert_eq!(called.last(), Some(&&*noted), "{printed}");
            }
        }
    }
}
