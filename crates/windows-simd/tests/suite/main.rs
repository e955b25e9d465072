//! Every operation of every set that this processor has, against plain loops over elements.
#![allow(unsafe_code)]

mod bytes;
mod compute;
mod isa;
mod loads;
mod moves;
mod sets;
