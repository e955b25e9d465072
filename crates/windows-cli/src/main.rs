//! The program `ndwin`.

fn main() {}
