//! Patches for vision models.

use std::cell::RefCell;
use std::hint::black_box;

use windows_benches::{noise_u8, vit_tokens_by_hand};
use windows_patches::{ImageView, Normalize, Order, Patchify};

use crate::row::{Row, Target};
use crate::session::{Array, Case, Session};

const SIDE: usize = 224;
const PATCH: usize = 16;

fn tokens(session: &mut Session, order: Order) {
    let pixels = noise_u8(SIDE * SIDE * 3);
    let image = ImageView::interleaved(&pixels, black_box([SIDE, SIDE, 3])).expect("a picture");
    let plan = Patchify::new(PATCH).order(order).over(image.shape()).expect("patches that fit");
    let normalize = Normalize::imagenet();
    let [a, b] = [0; 2].map(|_| RefCell::new(vec![f32::NAN; pixels.len()]));
    let mut ours = || {
        let out = &mut *a.borrow_mut();
        plan.convert_into(black_box(&image), &normalize, out).expect("an output");
    };
    let mut by_hand = || vit_tokens_by_hand(&pixels, SIDE, PATCH, &mut b.borrow_mut());
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
