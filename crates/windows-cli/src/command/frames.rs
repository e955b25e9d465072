//! `ndwin frames`: the frames of a recording as one array.

use std::path::{Path, PathBuf};

use rayon::prelude::*;
use windows_frame::FrameSpec;

use crate::args::Common;
use crate::error::{At, Error, Result};
use crate::framing::FramingArgs;
use crate::io::output::Outputs;
use crate::io::{self, Kind, npy};
use crate::io::{ArrayOf, Element, Visitor};
use crate::memory;
use crate::report::Report;

/// The leading axes, frames, samples of a frame. The element type is kept; a recording is floats between -1 and 1.
#[derive(Debug, Clone, clap::Args)]
#[command(
    after_help = "Without a convention nothing is centred, and frames that do not fit are dropped. Missing samples are 0 unless
--center or the convention says otherwise. A sound that is too short for a frame is an error, as it is in librosa and
torch, unless --tail is given; the other conventions give no frames.

Example, 25 ms every 10 ms:
  ndwin frames docs/assets/speech.wav --size 400 --hop 160 -o target/frames.npy --force"
)]
pub struct Args {
    /// A .wav recording, or a .npy array whose last axis is time
    #[arg(value_name = "IN")]
    input: PathBuf,

    #[command(flatten)]
    framing: FramingArgs,

    #[command(flatten)]
    pub(crate) common: Common,
}

impl Args {
    pub(crate) fn run(&self) -> Result<Report> {
        let output = &self.common.output;
        Kind::of(output)?.require_npy(output)?;
        let spec = self.framing.frames()?;
        let mut outputs = Outputs::new(self.common.force);
        outputs.plan_file(output)?;

        let io::Input { array, kind, note, .. } = io::read(&self.input)?;
        require_sound(&self.input, array.shape(), kind)?;
        let (shape, dtype) = (array.shape(), array.dtype());
        let (leading, len) = (&shape[..shape.len() - 1], shape[shape.len() - 1]);
        let count = spec.over(len).at(&self.input)?.count();
        // A rule that is named says what becomes of a frame that does not fit.
        if count == 0 && self.framing.tail.is_none() && self.framing.convention.is_none() {
            return Err(too_short(&self.input, shape, &spec));
        }
        self.framing.require_length(&spec, shape).at(&self.input)?;
        if len == 0 {
            // No lane of the array asks whether frames over nothing can be read.
            spec.frames::<u8>(&[]).at(&self.input)?;
        }
        let result = [leading, &[count, spec.length()]].concat();
        array.visit(Write {
            spec,
            shape: &result,
            input: &self.input,
            output,
            outputs: &mut outputs,
        })?;
        outputs.commit()?;
        Ok(Report::new("frames")
            .input(&self.input, shape, dtype)
            .output(output, &result, dtype)
            .count("frames", result[..result.len() - 1].iter().product())
            .note(note))
    }
}

/// The last axis of what was read is time.
pub(super) fn require_sound(path: &Path, shape: &[usize], kind: Kind) -> Result<()> {
    match kind {
        Kind::Image(_) => Err(Error::at(path, "is a picture, and a recording is expected")),
        _ if shape.is_empty() => Err(Error::at(path, "is a single number without an axis of time")),
        _ => Ok(()),
    }
}

pub(super) fn too_short(path: &Path, shape: &[usize], spec: &FrameSpec) -> Error {
    Error::at(
        path,
        format_args!(
            "frame size {} on axis {}, but the length is {}",
            spec.length(),
            shape.len() - 1,
            shape[shape.len() - 1]
        ),
    )
}

/// Writes the frames of an array of any type.
struct Write<'a> {
    spec: FrameSpec,
    shape: &'a [usize],
    input: &'a Path,
    output: &'a Path,
    outputs: &'a mut Outputs,
}

impl Visitor for Write<'_> {
    type Output = Result<()>;

    fn visit<T: Element>(self, array: &ArrayOf<T>) -> Self::Output {
        let len = memory::count(self.shape, "all frames").at(self.input)?;
        let mut out = memory::zeroed::<T>(len, "all frames").at(self.input)?;
        let view = array.view();
        let lanes: Vec<_> = view.lanes().collect();
        let row = len / lanes.len().max(1);
        let length = self.spec.length();
        if len > 0 {
            out.par_chunks_mut(row)
                .zip(lanes)
                .try_for_each(|(out, lane)| {
                    let frames = self.spec.frames_of(lane)?;
                    out.par_chunks_mut(length).enumerate().try_for_each(|(k, out)| {
                        frames.get(k).map_or(Ok(()), |frame| frame.write_into(out))
                    })
                })
                .at(self.input)?;
        }
        self.outputs.file(self.output, |out_file| npy::write(out_file, self.shape, &out))
    }
}
