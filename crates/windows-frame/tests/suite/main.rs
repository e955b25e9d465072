//! Frames against the libraries whose conventions they are, against plain loops, and by law; windows over text by
//! enumeration, and by the break tests of Unicode.

mod golden_audio;
mod laws;
#[cfg(feature = "unicode")]
mod record;
#[cfg(feature = "unicode")]
mod text_chunks;
mod text_peers;
#[cfg(feature = "unicode")]
mod text_unicode;
#[cfg(feature = "unicode")]
mod text_windows;
