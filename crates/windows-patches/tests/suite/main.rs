//! Patches against the libraries whose orders they are, against plain loops, and by law.

mod defects;
mod golden;
mod laws;
mod loops;
