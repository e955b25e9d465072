//! The cost of a sliding maximum against the size of its window, by type.

use serde_json::json;
use windows_benches::noise;

use crate::pool::{Windows, max};
use crate::row::Row;

const SIZES: [usize; 10] = [3, 5, 7, 11, 15, 21, 31, 47, 71, 101];

pub(crate) fn rows() -> Vec<Row> {
    const LEN: usize = 1080 * 1920;
    let mut rows = Vec::new();
    for dtype in ["u8", "i16", "u16", "f32", "f64"] {
        for size in SIZES {
            let windows = Windows { shape: [1, 1080, 1920], size, step: 1, padding: size / 2 };
            let work = format!("sliding max {size} x {size}, 1080p {dtype}");
            let row = Row::new("curve", format!("{dtype}-{size}"), work, move |session| {
                let values = noise(LEN).into_iter();
                match dtype {
                    "u8" => max(
                        session,
                        windows,
                        values.map(|x| (x * 127.0 + 128.0) as u8).collect(),
                        false,
                    ),
                    "i16" => {
                        max(session, windows, values.map(|x| (x * 32767.0) as i16).collect(), false)
                    }
                    "u16" => max(
                        session,
                        windows,
                        values.map(|x| (x * 32767.0 + 32768.0) as u16).collect(),
                        false,
                    ),
                    "f32" => max(session, windows, values.collect(), false),
                    _ => max(session, windows, values.map(f64::from).collect(), false),
                }
            });
            let peers: &[_] = if dtype == "u8" { &["OpenCV"] } else { &[] };
            rows.push(
                row.items(LEN, "element").peers(peers).notes(json!({"dtype": dtype, "size": size})),
            );
        }
    }
    rows
}
