//! Windows over text in memory against enumeration, and streams against windows in memory.

use arbitrary::{Result, Unstructured};
use windows_core::Edge;
use windows_frame::FrameSpec;
use windows_frame::text::{Bytes, Invalid, TextError, TextStream, Unit, Units};

use crate::input::upto;

#[path = "../../crates/windows-frame/tests/suite/record.rs"]
mod record;

use record::{EDGES, Record, check_place, expected, expected_bytes, in_memory, kinds, streamed};

pub(crate) fn text(u: &mut Unstructured<'_>) -> Result<()> {
    let (size, step) = (1 + upto(u, 11)?, 1 + upto(u, 13)?);
    let (edge, naive) = EDGES[upto(u, 5)?];
    let spec = FrameSpec::new(size, step).edge(edge);
    let kinds = kinds();
    let unit = kinds.get(upto(u, kinds.len())?).cloned();
    let look = upto(u, 99)?;
    let count = upto(u, 5)?;
    let cuts: Vec<usize> = (0..count).map(|_| upto(u, 255)).collect::<Result<_>>()?;
    // The oracle's time grows with the cube of the units.
    let bytes = u.bytes(u.len().min(150))?;
    let mut cuts: Vec<usize> = cuts.into_iter().map(|cut| cut.min(bytes.len())).collect();
    cuts.sort_unstable();

    let text = String::from_utf8_lossy(bytes);
    let (stream, whole) = match &unit {
        None if edge == Edge::Balance => return Ok(()),
        None => {
            let source = Bytes::new(&text);
            let whole: Vec<Record> = source.windows(spec).unwrap().map(Record::of).collect();
            assert_eq!(whole, expected_bytes(&text, size, step, edge));
            (TextStream::bytes(spec), whole)
        }
        Some(unit) => {
            let whole = in_memory(&text, unit, spec);
            assert_eq!(whole, expected(&text, unit, size, step, naive));
            (new_stream(unit, spec, Units::new(&text, unit).len()), whole)
        }
    };
    check_place(&text, &whole);
    let stream = stream.unwrap().look(look);
    assert_eq!(
        streamed(stream.clone().invalid(Invalid::Replace), bytes, &cuts),
        (whole.clone(), None)
    );
    // Bytes that are no text are refused where they are, and never replaced unasked.
    let refused =
        str::from_utf8(bytes).err().map(|error| TextError::InvalidUtf8 { at: error.valid_up_to() });
    let (records, error) = streamed(stream, bytes, &cuts);
    match refused {
        None => assert_eq!((records, error), (whole, None)),
        refused => assert_eq!(error, refused),
    }
    Ok(())
}

fn new_stream(
    unit: &Unit,
    spec: FrameSpec,
    count: usize,
) -> std::result::Result<TextStream, TextError> {
    match spec.rule() {
        Edge::Balance => TextStream::balanced(unit.clone(), spec, count),
        _ => TextStream::new(unit.clone(), spec),
    }
}
