//! Short-time Fourier transform: frames, windowed, transformed.

use alloc::sync::Arc;
use alloc::vec::Vec;
use core::fmt;

use realfft::num_complex::Complex;
use realfft::{ComplexToReal, FftNum, RealFftPlanner, RealToComplex};
use windows_core::kernel::{Isa, Vectorized, vectorized};

use super::sample::windowed;
use super::{Real, Sample, StftSpec};
use crate::{Frame, FrameError, Framer};

/// The precisions that Fourier transforms come in: `f32` and `f64`.
///
/// Transforms are planned by each precision and not by a generic function: so they are compiled here once, and not by
/// whoever plans one.
pub trait Transform: Real + FftNum {
    /// Plans the transform of `size` real samples to `size / 2 + 1` bins.
    fn plan_forward(size: usize) -> Arc<dyn RealToComplex<Self>>;

    /// Plans its inverse.
    fn plan_inverse(size: usize) -> Arc<dyn ComplexToReal<Self>>;
}

macro_rules! transform {
    ($($real:ty)*) => {$(
        impl Transform for $real {
            fn plan_forward(size: usize) -> Arc<dyn RealToComplex<Self>> {
                RealFftPlanner::new().plan_fft_forward(size)
            }

            fn plan_inverse(size: usize) -> Arc<dyn ComplexToReal<Self>> {
                RealFftPlanner::new().plan_fft_inverse(size)
            }
        }
    )*};
}

transform! { f32 f64 }

/// A plan of an STFT, for one precision: `f64` by default, `f32` on request.
///
/// Made once; sharing it between threads is free. The same frame gives the same bits in a batch, in a
/// stream and on any number of threads.
#[derive(Clone)]
pub struct Stft<F: Transform = f64> {
    spec: StftSpec,
    window: Vec<F>,
    transform: Arc<dyn RealToComplex<F>>,
}

impl<F: Transform> fmt::Debug for Stft<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Stft").field("spec", &self.spec).finish_non_exhaustive()
    }
}

/// Memory for one frame at a time. Made by [`Stft::scratch`].
#[derive(Clone, Debug)]
pub struct StftScratch<F> {
    frame: Vec<F>,
    pub(crate) spectrum: Vec<Complex<F>>,
    transform: Vec<Complex<F>>,
}

/// A spectrum per frame, one after the other: `[frames, bins]`.
#[derive(Clone, Debug, PartialEq)]
pub struct Spectra<V> {
    values: Vec<V>,
    bins: usize,
}

impl<V> Spectra<V> {
    pub(crate) fn new(values: Vec<V>, bins: usize) -> Self {
        Self { values, bins }
    }

    /// How many frames.
    #[must_use]
    pub fn frames(&self) -> usize {
        self.values.len() / self.bins.max(1)
    }

    /// Values per frame.
    #[must_use]
    pub fn bins(&self) -> usize {
        self.bins
    }

    /// The values of a frame.
    ///
    /// # Panics
    /// If there is no such frame.
    #[must_use]
    pub fn frame(&self, k: usize) -> &[V] {
        &self.values[k * self.bins..][..self.bins]
    }

    /// All values, `[frames, bins]`.
    #[must_use]
    pub fn as_slice(&self) -> &[V] {
        &self.values
    }

    /// All values, `[frames, bins]`.
    pub fn as_mut_slice(&mut self) -> &mut [V] {
        &mut self.values
    }

    /// All values, `[frames, bins]`.
    #[must_use]
    pub fn into_vec(self) -> Vec<V> {
        self.values
    }
}

impl<F: Transform> Stft<F> {
    /// Plans the transform.
    ///
    /// # Errors
    /// As [`FrameSpec::over`](crate::FrameSpec::over).
    pub fn new(spec: StftSpec) -> Result<Self, FrameError> {
        spec.frames.over(0)?;
        let window = spec.window.iter().map(|&weight| F::nearest(weight)).collect();
        let transform = F::plan_forward(spec.size);
        Ok(Self { spec, window, transform })
    }

    /// What this is a plan of.
    #[must_use]
    pub fn spec(&self) -> &StftSpec {
        &self.spec
    }

    /// Memory for one frame at a time.
    #[must_use]
    pub fn scratch(&self) -> StftScratch<F> {
        StftScratch {
            frame: alloc::vec![F::default(); self.spec.size],
            spectrum: self.transform.make_output_vec(),
            transform: self.transform.make_scratch_vec(),
        }
    }

    /// The spectrum of a frame. Allocates nothing.
    ///
    /// # Errors
    /// A frame of another length, scratch of another plan.
    #[inline]
    pub fn spectrum<'s, S: Sample>(
        &self,
        frame: &Frame<'_, '_, S>,
        scratch: &'s mut StftScratch<F>,
    ) -> Result<&'s [Complex<F>], FrameError> {
        let (head, zeros) = self.split(scratch)?;
        frame.windowed_into(&self.window, head)?;
        zeros.fill(F::default());
        Ok(self.transformed(scratch))
    }

    /// The spectrum of a slice as long as a frame. Allocates nothing.
    ///
    /// # Errors
    /// A slice of another length, scratch of another plan.
    #[inline]
    pub fn spectrum_of<'s, S: Sample>(
        &self,
        frame: &[S],
        scratch: &'s mut StftScratch<F>,
    ) -> Result<&'s [Complex<F>], FrameError> {
        let (head, zeros) = self.split(scratch)?;
        if frame.len() != head.len() {
            let expected = head.len();
            return Err(FrameError::Length { what: "frame", expected, got: frame.len() });
        }
        windowed(frame, &self.window, head);
        zeros.fill(F::default());
        Ok(self.transformed(scratch))
    }

    /// The places of a frame in the scratch, and of the zeros behind it.
    #[inline]
    pub(super) fn split<'s>(
        &self,
        scratch: &'s mut StftScratch<F>,
    ) -> Result<(&'s mut [F], &'s mut [F]), FrameError> {
        let (expected, got) = (self.spec.size, scratch.frame.len());
        if got != expected {
            return Err(FrameError::Length { what: "scratch", expected, got });
        }
        Ok(scratch.frame.split_at_mut(self.window.len()))
    }

    /// The squared magnitudes of a frame. Allocates nothing.
    ///
    /// # Errors
    /// A frame of another length, scratch of another plan, another number of bins.
    #[inline]
    pub fn power_of<S: Sample>(
        &self,
        frame: &Frame<'_, '_, S>,
        scratch: &mut StftScratch<F>,
        out: &mut [F],
    ) -> Result<(), FrameError> {
        let expected = self.spec.bins();
        if out.len() != expected {
            return Err(FrameError::Length { what: "spectrum", expected, got: out.len() });
        }
        square(self.spectrum(frame, scratch)?, out);
        Ok(())
    }

    #[inline]
    pub(super) fn transformed<'s>(&self, scratch: &'s mut StftScratch<F>) -> &'s [Complex<F>] {
        let StftScratch { frame, spectrum, transform } = scratch;
        frame.rotate_left(self.spec.rotation);
        self.transform
            .process_with_scratch(frame, spectrum, transform)
            .expect("the scratch was made for this plan");
        spectrum
    }

    /// `each(spectrum, out)` of every frame, `values` of them side by side: `[frames, values]`.
    ///
    /// With feature `rayon` frames run in parallel, on rayon's threads; the bits are the same. Allocates
    /// the result, and memory for one frame per task.
    ///
    /// # Errors
    /// As [`FrameSpec::frames`](crate::FrameSpec::frames); more memory than there is.
    ///
    /// # Example
    /// ```
    /// use windows_frame::audio::{Stft, StftSpec, Window};
    ///
    /// // The loudest bin of every frame, without an array of spectra.
    /// let spec = StftSpec::librosa(64, 16, &Window::Hann.periodic(64)?)?;
    /// let tone: Vec<f64> = (0..640).map(|i| (std::f64::consts::TAU * 8.0 * i as f64 / 64.0).sin()).collect();
    /// let loudest = Stft::<f64>::new(spec)?.map(&tone, 1, |spectrum, out| {
    ///     let level = |&bin: &usize| spectrum[bin].norm_sqr();
    ///     out[0] = (0..33).max_by(|a, b| level(a).total_cmp(&level(b))).unwrap();
    /// })?;
    /// assert!(loudest.as_slice()[2..38].iter().all(|&bin| bin == 8));
    /// # Ok::<(), windows_frame::FrameError>(())
    /// ```
    pub fn map<S, V>(
        &self,
        samples: &[S],
        values: usize,
        each: impl Fn(&[Complex<F>], &mut [V]) + Sync,
    ) -> Result<Spectra<V>, FrameError>
    where
        S: Sample + Sync,
        V: Clone + Default + Send,
    {
        let fill = |frame: &Frame<'_, '_, S>, out: &mut [F]| self.window(frame, out);
        self.map_filled(samples, values, fill, |scratch, out| each(&scratch.spectrum, out))
    }

    /// As [`Stft::map`], into the caller's buffer of `[frames, values]`; `stft.spec().frames()` counts
    /// the frames. Allocates memory for one frame per task.
    ///
    /// # Errors
    /// As [`FrameSpec::frames`](crate::FrameSpec::frames); a buffer of another length.
    pub fn map_into<S, V>(
        &self,
        samples: &[S],
        values: usize,
        each: impl Fn(&[Complex<F>], &mut [V]) + Sync,
        out: &mut [V],
    ) -> Result<(), FrameError>
    where
        S: Sample + Sync,
        V: Send,
    {
        let fill = |frame: &Frame<'_, '_, S>, out: &mut [F]| self.window(frame, out);
        let each = |scratch: &mut StftScratch<F>, out: &mut [V]| each(&scratch.spectrum, out);
        self.map_filled_into(samples, values, fill, each, out)
    }

    #[inline]
    fn window<S: Sample>(&self, frame: &Frame<'_, '_, S>, out: &mut [F]) {
        frame.windowed_into(&self.window, out).expect("the window is as long as a frame");
    }

    /// As [`Stft::map`], of frames that `fill` writes instead of windowing them.
    pub(crate) fn map_filled<S, V>(
        &self,
        samples: &[S],
        values: usize,
        fill: impl Fn(&Frame<'_, '_, S>, &mut [F]) + Sync,
        each: impl Fn(&mut StftScratch<F>, &mut [V]) + Sync,
    ) -> Result<Spectra<V>, FrameError>
    where
        S: Sample + Sync,
        V: Clone + Default + Send,
    {
        let frames = self.spec.frames.frames(samples)?;
        let elements = frames.len().saturating_mul(values);
        let mut out = Vec::new();
        out.try_reserve_exact(elements).map_err(|_| FrameError::Memory { elements })?;
        if in_parallel(frames.len()) {
            // The memory is there; asked for zeroed, each task is the first to touch its part of it.
            drop(out);
            out = alloc::vec![V::default(); elements];
            self.map_filled_into(samples, values, fill, each, &mut out)?;
        } else {
            // Grown frame by frame: its place is written twice while it is in the cache, not twice from memory.
            let mut scratch = self.scratch();
            for frame in &frames {
                let from = out.len();
                out.resize(from + values, V::default());
                self.fill_and_transform(&frame, &fill, &mut scratch);
                each(&mut scratch, &mut out[from..]);
            }
        }
        Ok(Spectra::new(out, values))
    }

    /// As [`Stft::map_into`], of frames that `fill` writes instead of windowing them.
    pub(crate) fn map_filled_into<S, V>(
        &self,
        samples: &[S],
        values: usize,
        fill: impl Fn(&Frame<'_, '_, S>, &mut [F]) + Sync,
        each: impl Fn(&mut StftScratch<F>, &mut [V]) + Sync,
        out: &mut [V],
    ) -> Result<(), FrameError>
    where
        S: Sample + Sync,
        V: Send,
    {
        let frames = self.spec.frames.frames(samples)?;
        let expected = frames.len().saturating_mul(values);
        if out.len() != expected {
            return Err(FrameError::Length { what: "the output", expected, got: out.len() });
        }
        if values == 0 {
            return Ok(());
        }
        // Some frames, from the first on.
        let part = |first: usize, out: &mut [V]| {
            let mut scratch = self.scratch();
            for (frame, out) in frames.iter().skip(first).zip(out.chunks_exact_mut(values)) {
                self.fill_and_transform(&frame, &fill, &mut scratch);
                each(&mut scratch, out);
            }
        };
        in_parts(out, values, &part);
        Ok(())
    }

    fn fill_and_transform<S>(
        &self,
        frame: &Frame<'_, '_, S>,
        fill: &impl Fn(&Frame<'_, '_, S>, &mut [F]),
        scratch: &mut StftScratch<F>,
    ) {
        let (head, zeros) = scratch.frame.split_at_mut(self.window.len());
        fill(frame, head);
        zeros.fill(F::default());
        self.transformed(scratch);
    }

    /// The complex spectra of all frames, `[frames, bins]`. Allocates the result; with feature `rayon` in
    /// parallel.
    ///
    /// # Errors
    /// As [`FrameSpec::frames`](crate::FrameSpec::frames); more memory than there is.
    pub fn complex<S: Sample + Sync>(
        &self,
        samples: &[S],
    ) -> Result<Spectra<Complex<F>>, FrameError> {
        self.map(samples, self.spec.bins(), copy)
    }

    /// The complex spectra of all frames, into the caller's `[frames, bins]`.
    ///
    /// # Errors
    /// As [`Stft::map_into`].
    pub fn complex_into<S: Sample + Sync>(
        &self,
        samples: &[S],
        out: &mut [Complex<F>],
    ) -> Result<(), FrameError> {
        self.map_into(samples, self.spec.bins(), copy, out)
    }

    /// The squared magnitudes of all frames, `[frames, bins]`. Allocates the result; with feature `rayon`
    /// in parallel.
    ///
    /// # Errors
    /// As [`FrameSpec::frames`](crate::FrameSpec::frames); more memory than there is.
    pub fn power<S: Sample + Sync>(&self, samples: &[S]) -> Result<Spectra<F>, FrameError> {
        self.map(samples, self.spec.bins(), square)
    }

    /// The squared magnitudes of all frames, into the caller's `[frames, bins]`.
    ///
    /// # Errors
    /// As [`Stft::map_into`].
    ///
    /// # Example
    /// ```
    /// use windows_frame::audio::{Stft, StftSpec, Window};
    ///
    /// let stft = Stft::<f64>::new(StftSpec::torch(400, 160, &Window::Hann.periodic(400)?)?)?;
    /// let sound = vec![0.25; 16_000];
    /// let frames = stft.spec().frames().count(sound.len());
    /// let mut power = vec![0.0; frames * stft.spec().bins()];
    /// stft.power_into(&sound, &mut power)?; // and again, of other sound as long
    /// assert_eq!(power, stft.power(&sound)?.into_vec());
    /// # Ok::<(), windows_frame::FrameError>(())
    /// ```
    pub fn power_into<S: Sample + Sync>(
        &self,
        samples: &[S],
        out: &mut [F],
    ) -> Result<(), FrameError> {
        self.map_into(samples, self.spec.bins(), square, out)
    }

    /// The magnitudes of all frames, `[frames, bins]`. Allocates the result; with feature `rayon` in
    /// parallel.
    ///
    /// # Errors
    /// As [`FrameSpec::frames`](crate::FrameSpec::frames); more memory than there is.
    pub fn magnitude<S: Sample + Sync>(&self, samples: &[S]) -> Result<Spectra<F>, FrameError> {
        self.map(samples, self.spec.bins(), length)
    }

    /// The magnitudes of all frames, into the caller's `[frames, bins]`.
    ///
    /// # Errors
    /// As [`Stft::map_into`].
    pub fn magnitude_into<S: Sample + Sync>(
        &self,
        samples: &[S],
        out: &mut [F],
    ) -> Result<(), FrameError> {
        self.map_into(samples, self.spec.bins(), length, out)
    }

    /// Spectra of a stream.
    ///
    /// # Errors
    /// As [`Framer::new`].
    pub fn stream<S: Sample + Default>(
        &self,
        channels: usize,
    ) -> Result<StftStream<S, F>, FrameError> {
        let framer = Framer::new(self.spec.frames, channels)?.constant(S::SILENCE);
        Ok(StftStream { framer, stft: self.clone(), scratch: self.scratch() })
    }
}

/// Frames of one task: enough that the scratch it makes does not count.
#[cfg(feature = "rayon")]
pub(super) const TASK: usize = 256;

/// Whether `frames` frames are worth more than one thread.
#[cfg(feature = "rayon")]
fn in_parallel(frames: usize) -> bool {
    frames > TASK && rayon::current_num_threads() > 1
}

#[cfg(not(feature = "rayon"))]
fn in_parallel(_: usize) -> bool {
    false
}

/// Runs over frames of `values` each, all at once or in parallel.
#[cfg(feature = "rayon")]
fn in_parts<V: Send>(out: &mut [V], values: usize, part: &(impl Fn(usize, &mut [V]) + Sync)) {
    use rayon::prelude::*;

    if !in_parallel(out.len() / values) {
        return part(0, out);
    }
    out.par_chunks_mut(TASK * values).enumerate().for_each(|(index, out)| part(index * TASK, out));
}

#[cfg(not(feature = "rayon"))]
fn in_parts<V: Send>(out: &mut [V], _: usize, part: &(impl Fn(usize, &mut [V]) + Sync)) {
    part(0, out);
}

fn copy<F: Transform>(spectrum: &[Complex<F>], out: &mut [Complex<F>]) {
    out.copy_from_slice(spectrum);
}

/// The squared magnitudes of a spectrum: of a stream, or of [`Stft::spectrum`]. Allocates nothing.
///
/// # Errors
/// An output of another length.
///
/// # Example
/// ```
/// use windows_frame::audio::{Complex, magnitude_into, power_into};
///
/// let mut out = [0.0; 2];
/// power_into(&[Complex::new(3.0, 4.0), Complex::new(0.0, 1.0)], &mut out)?;
/// assert_eq!(out, [25.0, 1.0]);
/// magnitude_into(&[Complex::new(3.0, 4.0), Complex::new(0.0, 1.0)], &mut out)?;
/// assert_eq!(out, [5.0, 1.0]);
/// # Ok::<(), windows_frame::FrameError>(())
/// ```
pub fn power_into<F: Transform>(spectrum: &[Complex<F>], out: &mut [F]) -> Result<(), FrameError> {
    check_bins(spectrum, out)?;
    square(spectrum, out);
    Ok(())
}

/// The magnitudes of a spectrum, as [`power_into`].
///
/// # Errors
/// An output of another length.
pub fn magnitude_into<F: Transform>(
    spectrum: &[Complex<F>],
    out: &mut [F],
) -> Result<(), FrameError> {
    check_bins(spectrum, out)?;
    length(spectrum, out);
    Ok(())
}

fn check_bins<F>(spectrum: &[Complex<F>], out: &[F]) -> Result<(), FrameError> {
    let (expected, got) = (spectrum.len(), out.len());
    if got == expected {
        return Ok(());
    }
    Err(FrameError::Length { what: "spectrum", expected, got })
}

fn length<F: Transform>(spectrum: &[Complex<F>], out: &mut [F]) {
    for (out, value) in out.iter_mut().zip(spectrum) {
        *out = (value.re * value.re + value.im * value.im).root();
    }
}

/// Squared magnitudes.
#[inline]
pub(super) fn square<F: Transform>(spectrum: &[Complex<F>], out: &mut [F]) {
    vectorized(Isa::best(), Power { spectrum, out });
}

struct Power<'a, F> {
    spectrum: &'a [Complex<F>],
    out: &'a mut [F],
}

impl<F: Transform> Vectorized for Power<'_, F> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        for (out, value) in self.out.iter_mut().zip(self.spectrum) {
            *out = value.re * value.re + value.im * value.im;
        }
    }
}

/// Spectra of a stream, equal to those of the batch to the last bit, however the stream is split. Made by
/// [`Stft::stream`].
///
/// # Example
/// ```
/// use windows_frame::audio::{Stft, StftSpec, Window};
///
/// let sound: Vec<i16> = (0..2000).map(|i| (i * 37 % 2000 - 1000) as i16).collect();
/// let stft = Stft::<f64>::new(StftSpec::librosa(64, 16, &Window::Hann.periodic(64)?)?)?;
/// let (mut stream, mut spectra) = (stft.stream::<i16>(1)?, Vec::new());
/// for chunk in sound.chunks(682) {
///     stream.push(chunk, |_frame, _channel, spectrum| spectra.extend_from_slice(spectrum));
/// }
/// stream.finish(|_frame, _channel, spectrum| spectra.extend_from_slice(spectrum))?;
/// assert_eq!(spectra, stft.complex(&sound)?.into_vec());
/// # Ok::<(), windows_frame::FrameError>(())
/// ```
#[derive(Clone, Debug)]
pub struct StftStream<S, F: Transform = f64> {
    framer: Framer<S>,
    stft: Stft<F>,
    scratch: StftScratch<F>,
}

impl<S: Sample + Default, F: Transform> StftStream<S, F> {
    /// Takes a piece of any length of interleaved samples and gives `each(frame, channel, spectrum)`.
    /// Allocates nothing.
    pub fn push(&mut self, chunk: &[S], mut each: impl FnMut(usize, usize, &[Complex<F>])) {
        let Self { framer, stft, scratch } = self;
        framer.push(chunk, |frame| {
            for channel in 0..frame.channels() {
                let spectrum = stft.spectrum_of(frame.channel(channel), scratch);
                each(frame.index(), channel, spectrum.expect("a frame of the stream"));
            }
        });
    }

    /// Ends the stream; the next piece begins another. Allocates nothing.
    ///
    /// # Errors
    /// As [`Framer::finish`].
    pub fn finish(
        &mut self,
        mut each: impl FnMut(usize, usize, &[Complex<F>]),
    ) -> Result<(), FrameError> {
        let Self { framer, stft, scratch } = self;
        framer.finish(|frame| {
            for channel in 0..frame.channels() {
                let spectrum = stft.spectrum_of(frame.channel(channel), scratch);
                each(frame.index(), channel, spectrum.expect("a frame of the stream"));
            }
        })
    }
}
