//! Patches for vision models.

use std::cell::RefCell;
use std::hint::black_box;

use windows_benches::noise_u8;
use windows_patches::{ImageView, Normalize, Order, Patchify};

use crate::row::{Row, Target};
use crate::session::{Array, Case, Session};

const SIDE: usize = 224;
const PATCH: usize = 16;

fn tokens(session: &mut Session, order: Order) {
    let (mean, deviation) = ([0.485_f32, 0.456, 0.406], [0.229_f32, 0.224, 0.225]);
    let pixels = noise_u8(SIDE * SIDE * 3);
    let image = ImageView::interleaved(&pixels, black_box([SIDE, SIDE, 3])).expect("a picture");
    let plan = Patchify::new(PATCH).order(order).over(image.shape()).expect("patches that fit");
    let normalize = Normalize::imagenet();
    let [a, b] = [0; 2].map(|_| RefCell::new(vec![f32::NAN; pixels.len()]));
    let mut ours = || {
        let out = &mut *a.borrow_mut();
        plan.convert_into(black_box(&image), &normalize, out).expect("an output");
    };
    // As one writes it by hand: one pass over the tokens.
    let mut by_hand = || {
        let tokens = SIDE / PATCH;
        let mut out = b.borrow_mut();
        for (token, out) in out.chunks_exact_mut(3 * PATCH * PATCH).enumerate() {
            let (row, column) = (token / tokens * PATCH, token % tokens * PATCH);
            for (at, out) in out.iter_mut().enumerate() {
                let (channel, pixel) = (at / (PATCH * PATCH), at % (PATCH * PATCH));
                let (y, x) = (row + pixel / PATCH, column + pixel % PATCH);
                let sample = f32::from(pixels[(y * SIDE + x) * 3 + channel]);
                *out = (sample / 255.0 - mean[channel]) / deviation[channel];
            }
        }
    };
    ours();
    by_hand();
    assert!(a.borrow().iter().zip(&*b.borrow()).all(|(a, b)| (a - b).abs() < 1e-6));
    let expected = a.borrow().clone();
    let case = Case {
        kernel: order.name().to_owned(),
        arrays: vec![
            Array::new("image", &[SIDE, SIDE, 3], &pixels),
            Array::new("output", &[196, 768], &expected),
        ],
        ..Case::default()
    };
    session.serve(&case, &mut [("ours", &mut ours), ("plain loop", &mut by_hand)]);
}

pub(crate) fn rows() -> Vec<Row> {
    vec![
        Row::new(
            "patches",
            "vit",
            "224 x 224 x 3 u8 to normalised f32 patches of 16, one pass",
            |session| tokens(session, Order::Vit),
        )
        .items(SIDE * SIDE * 3, "sample")
        .rivals(&["plain loop"])
        .peers(&["torch", "numpy"])
        .target(Target::Faster(10.0, "torch")),
    ]
}
