//! Image patches.
