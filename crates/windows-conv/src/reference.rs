//! Plain loops that skip what is missing: for weights that are not finite, and for comparison.

use crate::kernel::element::Input;
use crate::kernel::finish::finished;
use crate::kernel::gemm::k_blocks;
use crate::kernel::scalar::Scalar;
use crate::program::Program;

/// Convolves as [`ConvPlan::run`](crate::ConvPlan::run) says, one output at a time, with the same order of summation.
pub(crate) fn run<X: Input>(program: &Program<X>, input: &[X], offset: usize, out: &mut [X::Lane]) {
    let per_group = program.input.shape()[1] / program.groups;
    let out_per_group = program.channels() / program.groups;
    let per_tap = per_group.div_ceil(X::PAIR);
    let channel_stride = program.input.strides()[1];
    for image in 0..program.images() {
        for channel in 0..program.channels() {
            let first = (channel / out_per_group * per_group) as isize * channel_stride
                + image as isize * program.input.strides()[0];
            let at = |at: isize| input[offset.wrapping_add_signed(first.wrapping_add(at))];
            for part in &program.passes {
                let weights = &part.weights[channel * part.steps..][..part.steps];
                for pixel in 0..part.pass.pixels() {
                    let (row, x) = (pixel / part.pass.width, pixel % part.pass.width);
                    let lane = |step: usize| {
                        let (base, tap) = part.pass.tap(step / per_tap, row)?;
                        if x < tap.lo || x >= tap.hi {
                            return None;
                        }
                        let channel = step % per_tap * X::PAIR;
                        let from = tap.at(x, part.pass.stride).wrapping_add(base)
                            + channel as isize * channel_stride;
                        let pair = X::PAIR > 1 && channel + 1 < per_group;
                        let second = pair.then(|| at(from + channel_stride));
                        Some(X::pixel(at(from), second, program.input_zero))
                    };
                    let mut sum = program.bias[channel];
                    for (i, block) in k_blocks(part.steps).enumerate() {
                        let start = if i == 0 { sum } else { X::Lane::default() };
                        let chain = block.fold(start, |chain, step| match lane(step) {
                            Some(x) => X::Lane::mul_add(chain, weights[step], x),
                            None => chain,
                        });
                        sum = if i == 0 { chain } else { X::Lane::add(sum, chain) };
                    }
                    let to = image as isize * program.out_image
                        + channel as isize * program.out_channel
                        + part.pass.out_offset(pixel);
                    out[to as usize] = finished(program.activation, sum);
                }
            }
        }
    }
}
