//! Log-mel features, to the letter of two libraries: Whisper's and Kaldi's.

use alloc::vec::Vec;

use windows_core::kernel::{Isa, Vectorized, vectorized};

use super::log::ln;
use super::stft::square;
use super::{
    Complex, MelBank, MelNorm, MelScale, Sample, Spectra, Stft, StftScratch, StftSpec, Transform,
    Window,
};
use crate::{Frame, FrameError, FrameSpec};

/// Samples a second that both profiles are made for.
const RATE: f64 = 16_000.0;
const LENGTH: usize = 400;
const HOP: usize = 160;

/// Whisper's log-mel spectrogram, of sound at 16 kHz: periodic Hann of 400 every 160, power, Slaney mel,
/// `log10` of at least 1e-10, at most 8 below the loudest, `(x + 4) / 4`.
///
/// The loudest is that of the whole input, so a stream takes [`WhisperMel::column`] of each spectrum and
/// [`WhisperMel::normalise`] at its end. The libraries extend the sound to 30 s with zeros first; here
/// that is up to the caller.
///
/// # Example
/// ```
/// use windows_frame::audio::WhisperMel;
///
/// let mel = WhisperMel::<f64>::new(80)?.features(&vec![0i16; 16_000])?;
/// assert_eq!((mel.frames(), mel.bins()), (100, 80));
/// assert!((mel.frame(0)[0] + 1.5).abs() < 1e-12);
/// # Ok::<(), windows_frame::FrameError>(())
/// ```
#[derive(Clone, Debug)]
pub struct WhisperMel<F: Transform = f64> {
    stft: Stft<F>,
    bank: MelBank<F>,
}

impl<F: Transform> WhisperMel<F> {
    /// The plan, for 80 filters (Whisper up to large-v2) or 128 (large-v3), or any number.
    ///
    /// # Errors
    /// No filters.
    pub fn new(mels: usize) -> Result<Self, FrameError> {
        let window = Window::Hann.periodic(LENGTH)?;
        let spec = StftSpec::new(FrameSpec::whisper(LENGTH, HOP), &window)?;
        let (scale, norm) = (MelScale::Slaney, MelNorm::Slaney);
        let bank = MelBank::new(scale, norm, RATE, LENGTH, mels, 0.0, RATE / 2.0)?;
        Ok(Self { stft: Stft::new(spec)?, bank })
    }

    /// The transform: for its stream.
    #[must_use]
    pub fn stft(&self) -> &Stft<F> {
        &self.stft
    }

    /// How many filters.
    #[must_use]
    pub fn mels(&self) -> usize {
        self.bank.mels()
    }

    /// The features, `[frames, mels]`. Allocates the result; with feature `rayon` in parallel.
    ///
    /// # Errors
    /// As [`FrameSpec::frames`]; more memory than there is.
    pub fn features<S: Sample + Sync>(&self, samples: &[S]) -> Result<Spectra<F>, FrameError> {
        let mut log = self.raw(samples)?;
        Self::normalise(log.as_mut_slice());
        Ok(log)
    }

    /// The features, into the caller's `[frames, mels]`.
    ///
    /// # Errors
    /// As [`Stft::map_into`].
    pub fn features_into<S: Sample + Sync>(
        &self,
        samples: &[S],
        out: &mut [F],
    ) -> Result<(), FrameError> {
        self.raw_into(samples, out)?;
        Self::normalise(out);
        Ok(())
    }

    /// The features before anything depends on the loudest: `log10(max(mel, 1e-10))`.
    ///
    /// # Errors
    /// As [`WhisperMel::features`].
    pub fn raw<S: Sample + Sync>(&self, samples: &[S]) -> Result<Spectra<F>, FrameError> {
        self.stft.map(samples, self.bank.mels(), |spectrum, out| self.of_frame(spectrum, out))
    }

    /// The features before anything depends on the loudest, into the caller's `[frames, mels]`.
    ///
    /// # Errors
    /// As [`Stft::map_into`].
    pub fn raw_into<S: Sample + Sync>(
        &self,
        samples: &[S],
        out: &mut [F],
    ) -> Result<(), FrameError> {
        let each = |spectrum: &[Complex<F>], out: &mut [F]| self.of_frame(spectrum, out);
        self.stft.map_into(samples, self.bank.mels(), each, out)
    }

    fn of_frame(&self, spectrum: &[Complex<F>], out: &mut [F]) {
        self.log_mel(spectrum, out).expect("one output per filter");
    }

    /// The raw features of one spectrum. Allocates nothing.
    ///
    /// # Errors
    /// Another number of bins or outputs.
    pub fn column(&self, spectrum: &[Complex<F>], out: &mut [F]) -> Result<(), FrameError> {
        self.log_mel(spectrum, out)
    }

    fn log_mel(&self, spectrum: &[Complex<F>], out: &mut [F]) -> Result<(), FrameError> {
        // On the stack: a column then needs no scratch of the caller.
        let mut power = [F::default(); LENGTH / 2 + 1];
        square(spectrum, &mut power);
        let power = power.get(..spectrum.len()).unwrap_or(&[]);
        self.bank.apply(power, out)?;
        let scale = core::f64::consts::LOG10_E;
        vectorized(Isa::best(), Logarithms { values: out, least: 1e-10, scale });
        Ok(())
    }

    /// Raw features of a whole input to features.
    pub fn normalise(raw: &mut [F]) {
        vectorized(Isa::best(), Normalise(raw));
    }
}

/// See [`WhisperMel::normalise`].
struct Normalise<'a, F>(&'a mut [F]);

impl<F: Transform> Vectorized for Normalise<'_, F> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        // Side by side, since each comparison would wait for the last.
        let mut loudest = [F::nearest(f64::NEG_INFINITY); 8];
        let (eights, rest) = self.0.as_chunks::<8>();
        for values in eights.iter().map(|values| &values[..]).chain([rest]) {
            for (loudest, &value) in loudest.iter_mut().zip(values) {
                *loudest = if value > *loudest { value } else { *loudest };
            }
        }
        let loudest = loudest.into_iter().fold(f64::NEG_INFINITY, |a, b| a.max(b.to_f64()));
        let floor = F::nearest(loudest - 8.0);
        let (four, quarter) = (F::nearest(4.0), F::nearest(0.25));
        for value in self.0 {
            let clipped = if *value < floor { floor } else { *value };
            *value = (clipped + four) * quarter;
        }
    }
}

/// Logarithms in place, of at least `least`, times a scale.
struct Logarithms<'a, F> {
    values: &'a mut [F],
    least: f64,
    scale: f64,
}

impl<F: Transform> Vectorized for Logarithms<'_, F> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        for value in self.values {
            let energy = value.to_f64();
            // Not `max`, which would hide that a sample was not a number.
            let energy = if energy < self.least { self.least } else { energy };
            *value = F::nearest(ln(energy) * self.scale);
        }
    }
}

/// Kaldi's fbank, of sound at 16 kHz: frames of 400 every 160, snipped; mean removed, pre-emphasis 0.97,
/// Povey window, zeros up to 512, power, HTK mel from 20 Hz, `ln` of at least the `f32` epsilon.
///
/// Nothing is dithered and no energy is added. Kaldi reads 16-bit samples as -32768 to 32767; here they
/// are -1 to 1, so a feature is lower by `2 ln 32768`: multiply floats first where that matters.
///
/// # Example
/// ```
/// use windows_frame::audio::Fbank;
///
/// let features = Fbank::<f64>::new(80)?.features(&vec![0i16; 16_000])?;
/// assert_eq!((features.frames(), features.bins()), (98, 80));
/// # Ok::<(), windows_frame::FrameError>(())
/// ```
#[derive(Clone, Debug)]
pub struct Fbank<F: Transform = f64> {
    stft: Stft<F>,
    bank: MelBank<F>,
    window: Vec<F>,
}

impl<F: Transform> Fbank<F> {
    /// The plan.
    ///
    /// # Errors
    /// No filters.
    pub fn new(mels: usize) -> Result<Self, FrameError> {
        Self::with_frames(FrameSpec::kaldi(LENGTH, HOP), mels)
    }

    /// The plan with frames elsewhere: [`FrameSpec::kaldi_unsnipped`].
    ///
    /// # Errors
    /// Frames that are not of 400 samples; no filters.
    pub fn with_frames(frames: FrameSpec, mels: usize) -> Result<Self, FrameError> {
        let window = Window::Povey.symmetric(LENGTH)?;
        let stft = Stft::new(StftSpec::new(frames, &window)?.padded_to_power()?)?;
        let bank = MelBank::kaldi(RATE, stft.spec().size(), mels, 20.0, RATE / 2.0)?;
        Ok(Self { stft, bank, window: window.into_iter().map(F::nearest).collect() })
    }

    /// The transform of the frames, once they are prepared.
    #[must_use]
    pub fn stft(&self) -> &Stft<F> {
        &self.stft
    }

    /// How many filters.
    #[must_use]
    pub fn mels(&self) -> usize {
        self.bank.mels()
    }

    /// The features, `[frames, mels]`. Allocates the result; with feature `rayon` in parallel.
    ///
    /// # Errors
    /// As [`FrameSpec::frames`]; more memory than there is.
    pub fn features<S: Sample + Sync>(&self, samples: &[S]) -> Result<Spectra<F>, FrameError> {
        let fill = |frame: &Frame<'_, '_, S>, out: &mut [F]| self.fill(frame, out);
        let each = |scratch: &mut StftScratch<F>, out: &mut [F]| self.of_frame(scratch, out);
        self.stft.map_filled(samples, self.bank.mels(), fill, each)
    }

    /// The features, into the caller's `[frames, mels]`.
    ///
    /// # Errors
    /// As [`Stft::map_into`].
    pub fn features_into<S: Sample + Sync>(
        &self,
        samples: &[S],
        out: &mut [F],
    ) -> Result<(), FrameError> {
        let fill = |frame: &Frame<'_, '_, S>, out: &mut [F]| self.fill(frame, out);
        let each = |scratch: &mut StftScratch<F>, out: &mut [F]| self.of_frame(scratch, out);
        self.stft.map_filled_into(samples, self.bank.mels(), fill, each, out)
    }

    fn fill<S: Sample>(&self, frame: &Frame<'_, '_, S>, out: &mut [F]) {
        frame
            .write_with(F::default(), |_, sample| F::of(sample), out)
            .expect("the frame of the plan");
        self.prepare(out);
    }

    fn of_frame(&self, scratch: &StftScratch<F>, out: &mut [F]) {
        let mut power = [F::default(); 257];
        square(&scratch.spectrum, &mut power);
        self.bank.apply(&power, out).expect("one output per filter");
        let least = f64::from(f32::EPSILON);
        vectorized(Isa::best(), Logarithms { values: out, least, scale: 1.0 });
    }

    /// The features of one frame, `samples` being all 400 of it: for a stream, cut by a
    /// [`Framer`](crate::Framer). Allocates nothing.
    ///
    /// # Errors
    /// Another number of samples or outputs, scratch of another plan.
    ///
    /// # Example
    /// ```
    /// use windows_frame::Framer;
    /// use windows_frame::audio::{Fbank, Sample};
    ///
    /// let sound: Vec<i16> = (0..4000).map(|i| (i * 37 % 2000 - 1000) as i16).collect();
    /// let fbank = Fbank::<f64>::new(80)?;
    /// let mut scratch = fbank.stft().scratch();
    /// let mut framer = Framer::new(*fbank.stft().spec().frames(), 1)?.constant(i16::SILENCE);
    /// let (mut column, mut features) = ([0.0; 80], Vec::new());
    /// let mut each = |frame: windows_frame::StreamFrame<'_, i16>| {
    ///     fbank.column(frame.channel(0), &mut scratch, &mut column).expect("frames of the plan");
    ///     features.extend(column);
    /// };
    /// for chunk in sound.chunks(682) {
    ///     framer.push(chunk, &mut each);
    /// }
    /// framer.finish(&mut each)?;
    /// assert_eq!(features, fbank.features(&sound)?.into_vec());
    /// # Ok::<(), windows_frame::FrameError>(())
    /// ```
    pub fn column<S: Sample>(
        &self,
        samples: &[S],
        scratch: &mut StftScratch<F>,
        out: &mut [F],
    ) -> Result<(), FrameError> {
        let (frame, zeros) = self.stft.split(scratch)?;
        for (what, expected, got) in
            [("frame", frame.len(), samples.len()), ("mel output", self.bank.mels(), out.len())]
        {
            if got != expected {
                return Err(FrameError::Length { what, expected, got });
            }
        }
        for (out, &sample) in frame.iter_mut().zip(samples) {
            *out = F::of(sample);
        }
        self.prepare(frame);
        zeros.fill(F::default());
        self.stft.transformed(scratch);
        self.of_frame(scratch, out);
        Ok(())
    }

    /// Mean, pre-emphasis and window, in Kaldi's order.
    fn prepare(&self, frame: &mut [F]) {
        let sum = frame.iter().fold(0.0, |sum, &sample| sum + sample.to_f64());
        let mean = F::nearest(sum / frame.len() as f64);
        let emphasis = F::nearest(0.97);
        let mut before = match frame.first() {
            Some(&first) => first - mean,
            None => return,
        };
        for (sample, &weight) in frame.iter_mut().zip(&self.window) {
            let centred = *sample - mean;
            *sample = (centred - emphasis * before) * weight;
            before = centred;
        }
    }
}
