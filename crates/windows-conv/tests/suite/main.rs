//! `windows-conv` against its definition, against other libraries, and what a plan promises beyond sums.

mod budget;
mod case;
mod contracts;
mod golden;
mod guards;
mod hostile;
mod oracle;
mod worlds;
