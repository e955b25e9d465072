//! The door between users and what is compiled here.
//!
//! Elements are sealed, so all pairs of them are known: each has one static [`Engine`], a table of the functions that
//! a plan needs. Public types are shells that turn ranks into slices and call through it, so a user compiles no
//! planning and no kernel.

use std::sync::Arc;

use windows_core::{Dyn, DynView, Layout, Rank, StridedView};

use crate::causal::Stream;
use crate::kernel::element::{Input, Weight};
use crate::kernel::run;
use crate::memory::filled;
use crate::planner::plan;
use crate::program::{Algorithm, Program};
use crate::{ConvError, ConvSpec, PlanOptions, reference};

/// What plans and runs convolutions of inputs `X` and weights `W`.
#[derive(Debug)]
#[expect(clippy::type_complexity, reason = "a table of functions is their signatures")]
pub struct Engine<X: Input, W> {
    pub(crate) plan: fn(
        &ConvSpec,
        &Layout<Dyn>,
        &DynView<'_, W>,
        &PlanOptions<X::Lane>,
    ) -> Result<Arc<Program<X>>, ConvError>,
    pub(crate) run:
        fn(&Program<X>, Source<'_, X>, &mut [X::Lane], &mut [X::Lane]) -> Result<(), ConvError>,
    pub(crate) conv: fn(&Program<X>, Source<'_, X>) -> Result<Vec<X::Lane>, ConvError>,
    pub(crate) stream: fn(
        &ConvSpec,
        usize,
        &DynView<'_, W>,
        &PlanOptions<X::Lane>,
    ) -> Result<Stream<X>, ConvError>,
    pub(crate) push: fn(&mut Stream<X>, &[X], &mut [X::Lane]) -> Result<(), ConvError>,
}

impl<X: Input, W: Weight<X::Lane>> Engine<X, W> {
    pub(crate) const fn new() -> Self {
        Self {
            plan: plan::<X, W>,
            run: run_program::<X>,
            conv: convolved::<X>,
            stream: Stream::<X>::new::<W>,
            push: Stream::<X>::push_into,
        }
    }
}

/// A view whatever its rank. Made without an allocation.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Source<'a, T> {
    pub data: &'a [T],
    pub offset: usize,
    pub shape: &'a [usize],
    pub strides: &'a [isize],
}

impl<'a, T> Source<'a, T> {
    pub(crate) fn of<R: Rank>(view: &'a StridedView<'_, T, R>) -> Self {
        Self {
            data: view.data(),
            offset: view.offset(),
            shape: view.shape(),
            strides: view.strides(),
        }
    }

    /// # Errors
    /// The first axis whose length or stride is not that of the layout; strides of length 1 do not matter.
    pub(crate) fn check(&self, layout: &Layout<Dyn>) -> Result<(), ConvError> {
        let (ndim, expected) = (self.shape.len(), layout.ndim());
        if ndim != expected {
            return Err(ConvError::Rank { what: "input", got: ndim, expected });
        }
        for axis in 0..expected {
            let (got, expected) = (self.shape[axis], layout.shape()[axis]);
            if got != expected {
                return Err(ConvError::Shape { what: "input", axis, got, expected });
            }
        }
        for axis in 0..expected {
            let got = crate::pass::stride(self.shape, self.strides, axis);
            let expected = crate::pass::stride(layout.shape(), layout.strides(), axis);
            if got != expected {
                return Err(ConvError::Stride { axis, got, expected });
            }
        }
        Ok(())
    }
}

/// Runs a program on an input of its layout.
///
/// # Errors
/// An input of another layout, an output or scratch memory of the wrong length. Nothing is written then.
pub(crate) fn run_program<X: Input>(
    program: &Program<X>,
    input: Source<'_, X>,
    out: &mut [X::Lane],
    scratch: &mut [X::Lane],
) -> Result<(), ConvError> {
    input.check(&program.input)?;
    let lengths = [
        ("output", out.len(), program.output_len(), out.len() == program.output_len()),
        ("scratch", scratch.len(), program.scratch_len(), scratch.len() >= program.scratch_len()),
    ];
    for (what, got, expected, fits) in lengths {
        if !fits {
            return Err(ConvError::Shape { what, axis: 0, got, expected });
        }
    }
    program.write_blank(out);
    match program.algorithm {
        Algorithm::Reference => reference::run(program, input.data, input.offset, out),
        _ => run::run(program, input.data, input.offset, out, scratch),
    }
    Ok(())
}

fn convolved<X: Input>(
    program: &Program<X>,
    input: Source<'_, X>,
) -> Result<Vec<X::Lane>, ConvError> {
    let mut out = filled("output", program.output_len(), X::Lane::default())?;
    let mut scratch = filled("scratch", program.scratch_len(), X::Lane::default())?;
    run_program(program, input, &mut out, &mut scratch)?;
    Ok(out)
}
