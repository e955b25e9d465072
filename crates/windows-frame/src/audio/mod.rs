//! Frames of audio.
