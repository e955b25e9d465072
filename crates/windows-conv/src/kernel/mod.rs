//! Everything that touches memory by pointer, and all `unsafe` of the crate.
//!
//! ```text
//!            input                  strip of a band: its lines, each input once      output
//!   line 0  . . . . . . . .   -->   line 0   channel 0  [run][run]                  row 0  o o o o o o
//!   line 1  . a b c . . . .                  channel 1  [run][run]                  row 1  o X o o o o
//!   line 2  . d e f . . . .         line 1   channel 0  [run][run]                     ^
//!   line 3  . g h i . . . .         ..                                         output X reads 9 taps, a to i
//! ```
//!
//! | word | what it is |
//! | --- | --- |
//! | tap | a place of the window: `a` to `i`. The *inner* tap is the place along a row, *outer* taps are all others |
//! | line | inputs that a row of outputs reads through one outer tap |
//! | run | of a line, the inputs that are whole steps apart: at step 2 the even ones and the odd ones |
//! | band | some rows of outputs, whose lines are packed together |
//! | strip | the lines of a band, each for all channels: `line x channel x column` |
//! | panel | an operand cut to the size of a tile, step after step of K: of weights, or of pixels |
//! | tile | outputs that stay in registers while K runs: what is broadcast, times the lanes |
//!
//! `lanes` says what a kernel needs of a set of `windows-simd`, and how large its tiles are. The algorithms are written
//! once over that: `gemm`, `pack` and `tile` with pixels along the lanes, `wide` and `strip` with channels, `winograd`
//! with fewer multiplications, `depthwise`; `finish` is what becomes of sums that are complete. What the
//! multiplications are given is a `job`. `table` has the functions of each set, each with its `name`. A plan keeps those
//! that it calls. `run` is the safe way in: it checks input, output and scratch against the program and shares the work
//! among threads.
//!
//! What the kernels rest on has names. `SAFETY` comments say these, and whoever makes a job asserts what can be seen
//! of them without the memory itself:
//!
//! | invariant | what holds | who sees to it |
//! | --- | --- | --- |
//! | *set* | the processor has the instructions of `S` | planning; a value of `S` is the proof |
//! | *inputs* | every real tap of the pass is an element of the input, in every channel | `run`, which checks the span of the layout |
//! | *outputs* | every pixel of the pass is an element of the output, in every channel; no one else touches those of a job meanwhile | `run`, which checks the length and hands out disjoint units |
//! | *operands* | weights and bias are whole panels, step after step of K | planning, which packs them |
//! | *room* | scratch is aligned, and as long as the shape of the pass asks for | `run`, and the slices that are cut from it |
#![allow(unsafe_code)]

pub(crate) mod depthwise;
pub(crate) mod element;
pub(crate) mod finish;
pub(crate) mod gemm;
pub(crate) mod job;
pub(crate) mod lanes;
mod name;
mod pack;
pub(crate) mod run;
pub(crate) mod scalar;
mod strip;
pub(crate) mod table;
pub(crate) mod tile;
mod wide;
pub(crate) mod winograd;
