//! Signals from their spectra.

use alloc::sync::Arc;
use alloc::vec::Vec;
use core::fmt;

use realfft::ComplexToReal;
use realfft::num_complex::Complex;

#[cfg(feature = "rayon")]
use super::stft::TASK;
use super::{StftSpec, Transform};
use crate::{Blend, FrameError, Inverse, InverseError, Lost, OverlapAdd};

/// The inverse of an STFT, by least squares (Griffin and Lim, 1984): each spectrum is transformed back,
/// windowed again, and added up; the sum is divided by the squared window of the actual frames.
///
/// # Example
/// ```
/// use windows_frame::audio::{Istft, Stft, StftSpec, Window};
///
/// let sound: Vec<f64> = (0..1000).map(|i| (i as f64 * 0.1).sin()).collect();
/// let spec = StftSpec::librosa(64, 16, &Window::Hann.periodic(64)?)?;
/// let spectra = Stft::<f64>::new(spec.clone())?.complex(&sound)?;
/// let rebuilt = Istft::new(spec)?.rebuild(spectra.as_slice(), sound.len())?;
/// assert!(sound.iter().zip(&rebuilt).all(|(a, b)| (a - b).abs() < 1e-12));
/// # Ok::<(), windows_frame::InverseError>(())
/// ```
#[derive(Clone)]
pub struct Istft<F: Transform = f64> {
    spec: StftSpec,
    transform: Arc<dyn ComplexToReal<F>>,
}

impl<F: Transform> fmt::Debug for Istft<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Istft").field("spec", &self.spec).finish_non_exhaustive()
    }
}

#[derive(Clone, Debug)]
struct Scratch<F> {
    spectrum: Vec<Complex<F>>,
    frame: Vec<F>,
    transform: Vec<Complex<F>>,
}

impl<F: Transform + Blend> Istft<F> {
    /// Plans the inverse of an STFT.
    ///
    /// # Errors
    /// As [`FrameSpec::over`](crate::FrameSpec::over).
    pub fn new(spec: StftSpec) -> Result<Self, FrameError> {
        spec.frames().over(0)?;
        let transform = F::plan_inverse(spec.size());
        Ok(Self { spec, transform })
    }

    /// What this inverts.
    #[must_use]
    pub fn spec(&self) -> &StftSpec {
        &self.spec
    }

    fn scratch(&self) -> Scratch<F> {
        Scratch {
            spectrum: self.transform.make_input_vec(),
            frame: self.transform.make_output_vec(),
            transform: self.transform.make_scratch_vec(),
        }
    }

    /// The frame whose spectrum this is.
    fn frame<'s>(&self, spectrum: &[Complex<F>], scratch: &'s mut Scratch<F>) -> &'s [F] {
        let Scratch { spectrum: input, frame, transform } = scratch;
        input.copy_from_slice(spectrum);
        // A real signal has real ends; what is there all the same is left out, as everywhere.
        let last = input.len() - 1;
        input[0].im = F::default();
        if self.spec.size().is_multiple_of(2) {
            input[last].im = F::default();
        }
        self.transform
            .process_with_scratch(input, frame, transform)
            .expect("the ends are real and the scratch was made for this plan");
        frame.rotate_right(self.spec.rotation());
        let scale = F::nearest(1.0 / self.spec.size() as f64);
        let frame = &mut frame[..self.spec.window().len()];
        for sample in frame.iter_mut() {
            *sample *= scale;
        }
        frame
    }

    /// The signal of `len` samples that these spectra, `[frames, bins]`, are of. Allocates it; with feature
    /// `rayon` frames are transformed in parallel, and the bits are the same.
    ///
    /// # Errors
    /// [`InverseError::Lost`] lists the samples that no frame gives back; another number of values than
    /// the frames of such a signal have.
    pub fn rebuild(&self, spectra: &[Complex<F>], len: usize) -> Result<Vec<F>, InverseError> {
        let inverse = Inverse::new(*self.spec.frames(), self.spec.window(), len)?;
        Ok(self.run(&inverse, spectra)?)
    }

    /// The signal, and the samples of it that no frame gives back: they are zero.
    ///
    /// # Errors
    /// As [`Istft::rebuild`], but for lost samples.
    pub fn rebuild_lossy(
        &self,
        spectra: &[Complex<F>],
        len: usize,
    ) -> Result<(Vec<F>, Lost), InverseError> {
        let (inverse, lost) = Inverse::lossy(*self.spec.frames(), self.spec.window(), len)?;
        Ok((self.run(&inverse, spectra)?, lost))
    }

    fn run(&self, inverse: &Inverse, spectra: &[Complex<F>]) -> Result<Vec<F>, FrameError> {
        let (bins, frames) = (self.spec.bins(), inverse.grid().count());
        let expected = frames.saturating_mul(bins);
        if spectra.len() != expected {
            return Err(FrameError::Length { what: "spectra", expected, got: spectra.len() });
        }
        #[cfg(feature = "rayon")]
        if frames > TASK && rayon::current_num_threads() > 1 {
            return Ok(self.run_in_parallel(inverse, spectra));
        }
        let mut scratch = self.scratch();
        Ok(inverse.rebuild(|k, out| {
            out.copy_from_slice(self.frame(&spectra[k * bins..][..bins], &mut scratch));
        }))
    }

    /// Some frames at a time are transformed in parallel; they are added up in order, so that the bits
    /// are those of one thread.
    #[cfg(feature = "rayon")]
    fn run_in_parallel(&self, inverse: &Inverse, spectra: &[Complex<F>]) -> Vec<F> {
        use rayon::prelude::*;

        let (bins, length) = (self.spec.bins(), self.spec.window().len());
        let block = TASK * rayon::current_num_threads();
        let mut scratches = alloc::vec![self.scratch(); rayon::current_num_threads()];
        let mut frames = alloc::vec![F::default(); block * length];
        inverse.rebuild(|k, out| {
            if k.is_multiple_of(block) {
                let spectra = &spectra[k * bins..];
                frames
                    .par_chunks_mut(TASK * length)
                    .zip(spectra.par_chunks(TASK * bins))
                    .zip(&mut scratches)
                    .for_each(|((frames, spectra), scratch)| {
                        let spectra = spectra.chunks_exact(bins);
                        for (frame, spectrum) in frames.chunks_exact_mut(length).zip(spectra) {
                            frame.copy_from_slice(self.frame(spectrum, scratch));
                        }
                    });
            }
            out.copy_from_slice(&frames[k % block * length..][..length]);
        })
    }

    /// A signal rebuilt while its spectra arrive, with the same bits.
    ///
    /// # Errors
    /// As [`OverlapAdd::new`].
    pub fn stream(&self) -> Result<IstftStream<F>, FrameError> {
        let sound = OverlapAdd::new(*self.spec.frames(), self.spec.window())?;
        Ok(IstftStream { sound, istft: self.clone(), scratch: self.scratch() })
    }
}

/// A signal rebuilt while its spectra arrive. Made by [`Istft::stream`], which takes all memory.
///
/// # Example
/// ```
/// use windows_frame::audio::{Istft, Stft, StftSpec, Window};
///
/// let sound: Vec<f64> = (0..1000).map(|i| (i as f64 * 0.1).sin()).collect();
/// let spec = StftSpec::librosa(64, 16, &Window::Hann.periodic(64)?)?;
/// let spectra = Stft::<f64>::new(spec.clone())?.complex(&sound)?;
/// let (mut stream, mut rebuilt) = (Istft::new(spec)?.stream()?, Vec::new());
/// for k in 0..spectra.frames() {
///     stream.push(spectra.frame(k), |piece| rebuilt.extend_from_slice(piece))?;
/// }
/// stream.finish(sound.len(), |piece| rebuilt.extend_from_slice(piece))?;
/// assert!(sound.iter().zip(&rebuilt).all(|(a, b)| (a - b).abs() < 1e-12));
/// # Ok::<(), windows_frame::FrameError>(())
/// ```
#[derive(Clone, Debug)]
pub struct IstftStream<F: Transform = f64> {
    sound: OverlapAdd<F>,
    istft: Istft<F>,
    scratch: Scratch<F>,
}

impl<F: Transform + Blend> IstftStream<F> {
    /// Takes the next spectrum and gives the samples that are finished. Allocates nothing.
    ///
    /// # Errors
    /// Another number of bins.
    pub fn push(
        &mut self,
        spectrum: &[Complex<F>],
        each: impl FnMut(&[F]),
    ) -> Result<(), FrameError> {
        let expected = self.istft.spec.bins();
        if spectrum.len() != expected {
            return Err(FrameError::Length { what: "spectrum", expected, got: spectrum.len() });
        }
        self.sound.push(self.istft.frame(spectrum, &mut self.scratch), each)
    }

    /// Gives the rest of a signal of `len` samples.
    ///
    /// # Errors
    /// As [`OverlapAdd::finish`].
    pub fn finish(&mut self, len: usize, each: impl FnMut(&[F])) -> Result<(), FrameError> {
        self.sound.finish(len, each)
    }
}
