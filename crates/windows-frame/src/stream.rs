//! Frames of data that arrives in pieces of any length.
//!
//! ```text
//! buffer of one channel        [ history ........ | arriving block ]
//!                                      ^ start of the next frame
//! ```
//!
//! A piece is copied behind what is kept, block by block; after each block every frame that nothing to
//! come can change is given out, as a slice of the buffer. Before the next block only the *history*
//! stays: as many samples as the frames not yet given can read, whatever the length of the input turns
//! out to be:
//!
//! * a frame that misses samples at its end starts within the last `length` ones;
//! * a border at the end, of `a` samples, mirrors the last `a + 1`; so does a partial frame, which
//!   reaches over the end by its length or, where that is more, the hop;
//! * a border at the start, of `b` samples, waits for the first `b + 1`, and nothing is dropped before.

use alloc::vec::Vec;
use core::ops::Range;

use windows_core::{Border, Edge};

use crate::spec::left_out;
use crate::{FrameError, FrameGrid, FrameSpec};

/// Samples copied before ready frames are looked for, at least.
const BLOCK: usize = 1024;

/// Cuts a stream into frames.
///
/// The frames are those of [`FrameSpec::frames`] over the whole input, bit for bit, however the input
/// is split. All memory is taken at construction: about `channels * 2 * (length + padding)` samples.
///
/// # Example
/// ```
/// use windows_core::Edge;
/// use windows_frame::{FrameSpec, Framer};
///
/// let mut framer = Framer::new(FrameSpec::new(4, 2).edge(Edge::Keep), 1)?;
/// let mut seen = Vec::new();
/// for chunk in [&[1, 2, 3][..], &[], &[4, 5, 6, 7]] {
///     framer.push(chunk, |frame| seen.push(frame.channel(0).to_vec()));
/// }
/// assert_eq!(seen, [[1, 2, 3, 4], [3, 4, 5, 6]]);
/// assert_eq!((framer.latency(), framer.pending()), (4, 3));
/// framer.finish(|frame| seen.push(frame.channel(0).to_vec()))?;
/// assert_eq!(seen[2..], [[5, 6, 7, 0], [7, 0, 0, 0]]);
/// # Ok::<(), windows_frame::FrameError>(())
/// ```
#[derive(Clone, Debug)]
pub struct Framer<T> {
    spec: FrameSpec,
    /// The spec over more samples than there will be: where a frame starts.
    endless: FrameGrid,
    channels: usize,
    /// Channel after channel, `capacity` samples each.
    buffer: Vec<T>,
    capacity: usize,
    history: usize,
    /// Index in the stream of the first sample of the buffer.
    base: usize,
    /// Samples that have arrived on all channels.
    received: usize,
    /// How many channels of the current, incomplete sample have arrived.
    cursor: usize,
    /// The next frame.
    next: usize,
    /// A frame of every channel, for those that reach over an edge.
    scratch: Vec<T>,
    /// What a constant border reads as.
    constant: T,
}

/// One frame of every channel of a stream.
#[derive(Clone, Copy, Debug)]
pub struct StreamFrame<'a, T> {
    index: usize,
    start: isize,
    taps: (usize, usize),
    length: usize,
    /// From the first sample of the frame on channel 0.
    planes: &'a [T],
    /// Between the planes.
    stride: usize,
    channels: usize,
}

impl<'a, T> StreamFrame<'a, T> {
    /// Which frame this is.
    #[must_use]
    pub fn index(&self) -> usize {
        self.index
    }

    /// Where it starts in the stream: negative in the padding.
    #[must_use]
    pub fn start(&self) -> isize {
        self.start
    }

    /// The positions in it that are samples of the stream.
    #[must_use]
    pub fn taps(&self) -> Range<usize> {
        self.taps.0..self.taps.1
    }

    /// How many channels it has.
    #[must_use]
    pub fn channels(&self) -> usize {
        self.channels
    }

    /// The samples of a channel, missing ones as the border says.
    ///
    /// # Panics
    /// If there is no such channel.
    #[must_use]
    #[inline]
    #[track_caller]
    pub fn channel(&self, channel: usize) -> &'a [T] {
        assert!(channel < self.channels, "no such channel");
        &self.planes[channel * self.stride..][..self.length]
    }
}

impl<T: Copy + Default> Framer<T> {
    /// A framer for this many channels.
    ///
    /// # Errors
    /// As [`FrameSpec::over`]; no channels; frames that depend on the whole input: under
    /// [`Edge::Balance`], or with a border that wraps; more memory than there is.
    pub fn new(spec: FrameSpec, channels: usize) -> Result<Self, FrameError> {
        let reaches_over = spec.before() > 0 || spec.after() > 0 || spec.rule() != Edge::Drop;
        if spec.rule() == Edge::Balance {
            return Err(FrameError::NotStreamable { rule: "balance" });
        }
        if spec.outside() == Border::Wrap && reaches_over {
            return Err(FrameError::NotStreamable { rule: "wrap" });
        }
        if channels == 0 {
            return Err(FrameError::Channels { expected: 1, got: 0 });
        }
        let endless = spec.over(usize::MAX >> 3)?;
        let length = spec.length();
        let cut = left_out(spec.after());
        let before = spec.before().max(0).unsigned_abs();
        let overhang = match spec.rule() {
            Edge::Drop => spec.after().max(0).unsigned_abs(),
            // With a hop beyond the length, the last frame may lie behind the data.
            Edge::Keep | Edge::Ceil | Edge::Covered | Edge::Snap | Edge::Balance => {
                length.max(spec.hop()).max(spec.after().max(0).unsigned_abs())
            }
        };
        // No sum overflows: the parts are at most `isize::MAX`, and four of them are refused below.
        let history = (length + cut).max(overhang + 1).max(before + 1);
        let capacity = history.saturating_add(history.max(BLOCK));
        let elements = capacity.saturating_add(length).saturating_mul(channels);
        let mut buffer = Vec::new();
        let mut scratch = Vec::new();
        if elements > isize::MAX as usize
            || buffer.try_reserve_exact(capacity * channels).is_err()
            || scratch.try_reserve_exact(length * channels).is_err()
        {
            return Err(FrameError::Memory { elements });
        }
        buffer.resize(capacity * channels, T::default());
        scratch.resize(length * channels, T::default());
        Ok(Self {
            spec,
            endless,
            channels,
            buffer,
            capacity,
            history,
            base: 0,
            received: 0,
            cursor: 0,
            next: 0,
            scratch,
            constant: T::default(),
        })
    }

    /// With a constant border that reads as this, instead of the default of `T`.
    ///
    /// # Example
    /// ```
    /// use windows_frame::{FrameSpec, Framer};
    ///
    /// // In 8-bit files 128 is silence.
    /// let mut framer = Framer::new(FrameSpec::new(4, 2).centered(), 1)?.constant(128_u8);
    /// framer.push(&[1, 2], |frame| assert_eq!(frame.channel(0), [128, 128, 1, 2]));
    /// # Ok::<(), windows_frame::FrameError>(())
    /// ```
    #[must_use]
    pub fn constant(mut self, value: T) -> Self {
        self.constant = value;
        self
    }

    /// The spec of the frames.
    #[must_use]
    pub fn spec(&self) -> &FrameSpec {
        &self.spec
    }

    /// How many channels.
    #[must_use]
    pub fn channels(&self) -> usize {
        self.channels
    }

    /// Samples from the start of a frame inside the data until it is given out.
    #[must_use]
    pub fn latency(&self) -> usize {
        self.spec.length() + left_out(self.spec.after())
    }

    /// Samples that have arrived on every channel.
    #[must_use]
    pub fn received(&self) -> usize {
        self.received
    }

    /// Samples that have arrived from the start of the next frame on.
    #[must_use]
    pub fn pending(&self) -> usize {
        let start = self.endless.start(self.next);
        self.received.saturating_sub(start.max(0).unsigned_abs())
    }

    /// Takes a piece of any length of interleaved samples (of one channel: of samples) and gives every
    /// frame that is complete. A piece may end between the channels of a sample. Allocates nothing.
    pub fn push(&mut self, mut chunk: &[T], mut each: impl FnMut(StreamFrame<'_, T>)) {
        while !chunk.is_empty() {
            // One place is kept for the sample that is only partly there.
            let room = self.make_room() - 1;
            let wanted = room.saturating_mul(self.channels).saturating_sub(self.cursor).max(1);
            let (block, rest) = chunk.split_at(wanted.min(chunk.len()));
            chunk = rest;
            self.interleaved(block);
            self.give_ready(&mut each);
        }
    }

    /// Takes a piece of every channel, all of one length, and gives every frame that is complete.
    /// Allocates nothing.
    ///
    /// # Errors
    /// Another number of channels, pieces of different lengths, or an interleaved sample that is not
    /// complete; nothing is taken then.
    ///
    /// # Example
    /// ```
    /// use windows_frame::{FrameSpec, Framer};
    ///
    /// let mut framer = Framer::new(FrameSpec::new(2, 2), 2)?;
    /// let mut right = Vec::new();
    /// framer.push_planar(&[&[1, 2, 3], &[10, 20, 30]], |frame| right.push(frame.channel(1).to_vec()))?;
    /// framer.push_planar(&[&[4], &[40]], |frame| right.push(frame.channel(1).to_vec()))?;
    /// assert_eq!(right, [[10, 20], [30, 40]]);
    /// # Ok::<(), windows_frame::FrameError>(())
    /// ```
    pub fn push_planar(
        &mut self,
        channels: &[&[T]],
        mut each: impl FnMut(StreamFrame<'_, T>),
    ) -> Result<(), FrameError> {
        if channels.len() != self.channels {
            return Err(FrameError::Channels { expected: self.channels, got: channels.len() });
        }
        let len = channels[0].len();
        for channel in channels {
            if channel.len() != len {
                return Err(FrameError::Length {
                    what: "channel",
                    expected: len,
                    got: channel.len(),
                });
            }
        }
        self.check_cursor()?;
        let mut taken = 0;
        while taken < len {
            let block = self.make_room().min(len - taken);
            let at = self.received - self.base;
            for (plane, channel) in self.buffer.chunks_exact_mut(self.capacity).zip(channels) {
                plane[at..at + block].copy_from_slice(&channel[taken..taken + block]);
            }
            taken += block;
            self.received += block;
            self.give_ready(&mut each);
        }
        Ok(())
    }

    /// Ends the stream: gives the frames that only the end completes, and is ready for another stream.
    /// Allocates nothing.
    ///
    /// # Errors
    /// The last interleaved sample is not complete: it can be pushed still. A border that is not a
    /// constant has nothing to read.
    pub fn finish(&mut self, mut each: impl FnMut(StreamFrame<'_, T>)) -> Result<(), FrameError> {
        self.check_cursor()?;
        let grid = self.spec.over(self.received)?;
        if self.received == 0 && grid.count() > 0 && self.spec.outside().constant().is_none() {
            return Err(FrameError::NoSamples { frames: grid.count() });
        }
        for k in self.next..grid.count() {
            let taps = grid.taps(k);
            self.give(k, grid.start(k), (taps.start, taps.end), &mut each);
        }
        self.reset();
        Ok(())
    }

    /// Forgets what has arrived: the next piece begins another stream.
    pub fn reset(&mut self) {
        (self.base, self.received, self.cursor, self.next) = (0, 0, 0, 0);
    }

    fn check_cursor(&self) -> Result<(), FrameError> {
        match self.cursor {
            0 => Ok(()),
            got => Err(FrameError::Interleaved { channels: self.channels, got }),
        }
    }

    /// Free places of each channel, at least `capacity - history`, after dropping what is not needed.
    fn make_room(&mut self) -> usize {
        let held = self.received - self.base;
        // A partly arrived sample moves along.
        let occupied = held + usize::from(self.cursor > 0);
        if self.capacity - held < (self.capacity - self.history).min(BLOCK) {
            let dropped = held - self.history.min(held);
            for plane in self.buffer.chunks_exact_mut(self.capacity) {
                plane.copy_within(dropped..occupied, 0);
            }
            self.base += dropped;
        }
        self.capacity - (self.received - self.base)
    }

    fn interleaved(&mut self, block: &[T]) {
        let at = self.received - self.base;
        if self.channels == 1 {
            self.buffer[at..at + block.len()].copy_from_slice(block);
            self.received += block.len();
            return;
        }
        for (channel, plane) in self.buffer.chunks_exact_mut(self.capacity).enumerate() {
            // Where this channel is met first: in the sample under way, or in the one after it.
            let (first, place) = match channel.checked_sub(self.cursor) {
                Some(ahead) => (ahead, at),
                None => (channel + self.channels - self.cursor, at + 1),
            };
            let samples = block.iter().skip(first).step_by(self.channels);
            for (place, &sample) in plane[place..].iter_mut().zip(samples) {
                *place = sample;
            }
        }
        let cursor = self.cursor + block.len();
        self.received += cursor / self.channels;
        self.cursor = cursor % self.channels;
    }

    /// Gives every frame that nothing to come can change.
    fn give_ready(&mut self, each: &mut impl FnMut(StreamFrame<'_, T>)) {
        let length = self.spec.length();
        loop {
            let start = self.endless.start(self.next);
            // Present to the last sample, and as far beyond as samples are left out at the end: in fewer samples
            // than those there is no frame at all, not even one of padding alone.
            let end = start.saturating_add_unsigned(self.latency()).max(0).unsigned_abs();
            let needed = end.max(left_out(self.spec.after()));
            let mirrored = match self.spec.outside() {
                _ if start >= 0 => 0,
                Border::Constant(()) | Border::Wrap => 0,
                Border::Replicate => 1,
                Border::Reflect => start.unsigned_abs() + 1,
                Border::Symmetric => start.unsigned_abs(),
            };
            if self.received < needed.max(mirrored) {
                return;
            }
            let first = start.min(0).unsigned_abs().min(length);
            self.give(self.next, start, (first, length), each);
            self.next += 1;
        }
    }

    fn give(
        &mut self,
        index: usize,
        start: isize,
        taps: (usize, usize),
        each: &mut impl FnMut(StreamFrame<'_, T>),
    ) {
        let (length, channels) = (self.spec.length(), self.channels);
        if taps == (0, length) {
            let planes = &self.buffer[start.unsigned_abs() - self.base..];
            each(StreamFrame {
                index,
                start,
                taps,
                length,
                planes,
                stride: self.capacity,
                channels,
            });
            return;
        }
        let border = self.spec.outside();
        let planes = self.buffer.chunks_exact(self.capacity);
        for (plane, frame) in planes.zip(self.scratch.chunks_exact_mut(length)) {
            for (tap, out) in frame.iter_mut().enumerate() {
                let element = start.saturating_add_unsigned(tap);
                *out = match border.index(element, self.received) {
                    Some(element) => plane[element - self.base],
                    None => self.constant,
                };
            }
        }
        let planes = &self.scratch;
        each(StreamFrame { index, start, taps, length, planes, stride: length, channels });
    }
}
