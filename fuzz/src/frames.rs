//! Frames of sound: the batch against the oracle, a stream against the batch, the inverse against the data.

use arbitrary::{Result, Unstructured};
use windows_core::Edge;
use windows_frame::{FrameSpec, Framer, Inverse, StreamFrame};
use windows_testkit::{Border, NaiveAxis, NaiveWindows, NdArray};

use crate::input::upto;

pub(crate) fn frames(u: &mut Unstructured<'_>) -> Result<()> {
    let (length, hop, n) = (1 + upto(u, 39)?, 1 + upto(u, 59)?, upto(u, 250)?);
    let data: Vec<u16> = (0..n).map(|i| (i * 31 + 7) as u16).collect();
    let spec = spec(u, length, hop)?;
    let Ok(frames) = spec.frames(&data) else {
        // A stream refuses the same, now or at its end.
        if let Ok(mut framer) = Framer::<u16>::new(spec, 1) {
            framer.push(&data, |_| {});
            assert!(framer.finish(|_| {}).is_err(), "{spec:?} of {n}");
        }
        return Ok(());
    };
    let mut batch = Vec::new();
    for frame in frames.iter() {
        let mut out = vec![0; length];
        frame.write_into(&mut out).unwrap();
        batch.push((frame.start(), out));
    }
    if let Some(naive) = naive(spec, n) {
        let border = border(spec);
        let windows = NaiveWindows::new(vec![naive.clone()]);
        let shown = NdArray::new(data.clone(), &[n]);
        let expected = windows.pack(&shown, border, 0);
        let starts: Vec<i64> = batch.iter().map(|(start, _)| *start as i64).collect();
        assert_eq!(starts, naive.starts(), "{spec:?} of {n}");
        let written: Vec<u16> = batch.iter().flat_map(|(_, out)| out.clone()).collect();
        assert_eq!(written, expected.data(), "{spec:?} of {n}");
    }
    stream(u, spec, &data, &batch)?;
    inverse(spec, n);
    Ok(())
}

fn spec(u: &mut Unstructured<'_>, length: usize, hop: usize) -> Result<FrameSpec> {
    let plain = FrameSpec::new(length, hop);
    let borders = [
        windows_core::Border::Constant(()),
        windows_core::Border::Replicate,
        windows_core::Border::Reflect,
        windows_core::Border::Symmetric,
        windows_core::Border::Wrap,
    ];
    let edges = [Edge::Drop, Edge::Ceil, Edge::Keep, Edge::Covered, Edge::Snap, Edge::Balance];
    Ok(match upto(u, 15)? {
        0 => FrameSpec::librosa(length, hop),
        1 => FrameSpec::torch(length, hop),
        2 => FrameSpec::tensorflow_padded(length, hop),
        3 => FrameSpec::kaldi_unsnipped(length, hop),
        4 => FrameSpec::scipy(length, hop, upto(u, length - 1)?),
        5 => FrameSpec::scipy_legacy(length, hop),
        6 => FrameSpec::whisper(length, hop),
        7 => plain.keep_at_least(1 + upto(u, length - 1)?).border(*u.choose(&borders)?),
        8..12 => {
            let padding = (upto(u, 120)? as isize - 20, upto(u, 120)? as isize - 20);
            let edge = *u.choose(&edges[..2])?;
            plain.padding(padding.0, padding.1).edge(edge).border(*u.choose(&borders)?)
        }
        _ => plain.edge(*u.choose(&edges)?).border(*u.choose(&borders)?),
    })
}

/// The same in the oracle's words, where it has them.
fn naive(spec: FrameSpec, n: usize) -> Option<NaiveAxis> {
    let (before, after) =
        (usize::try_from(spec.before()).ok()?, usize::try_from(spec.after()).ok()?);
    let axis = NaiveAxis::new(n, spec.length(), spec.hop()).padding(before, after);
    let axis = axis.edge(match spec.rule() {
        Edge::Drop => windows_testkit::Edge::Drop,
        Edge::Ceil => windows_testkit::Edge::Ceil,
        Edge::Keep => windows_testkit::Edge::Keep,
        Edge::Covered => windows_testkit::Edge::Covered,
        Edge::Snap => windows_testkit::Edge::Snap,
        Edge::Balance => windows_testkit::Edge::Balance,
    });
    axis.is_valid().then_some(axis)
}

fn border(spec: FrameSpec) -> Border {
    match spec.outside() {
        windows_core::Border::Constant(()) => Border::Constant,
        windows_core::Border::Replicate => Border::Replicate,
        windows_core::Border::Reflect => Border::Reflect,
        windows_core::Border::Symmetric => Border::Symmetric,
        windows_core::Border::Wrap => Border::Wrap,
    }
}

/// However the data is cut, a stream gives the frames of the batch.
fn stream(
    u: &mut Unstructured<'_>,
    spec: FrameSpec,
    data: &[u16],
    batch: &[(isize, Vec<u16>)],
) -> Result<()> {
    let Ok(mut framer) = Framer::new(spec, 1) else { return Ok(()) };
    let mut seen = Vec::new();
    let mut each = |frame: StreamFrame<'_, u16>| {
        seen.push((frame.start(), frame.channel(0).to_vec()));
    };
    let mut rest = data;
    while !rest.is_empty() {
        let (chunk, behind) = rest.split_at(upto(u, rest.len())?.max(1));
        framer.push(chunk, &mut each);
        rest = behind;
    }
    framer.finish(&mut each).unwrap();
    assert_eq!(seen, batch, "{spec:?} of {}", data.len());
    Ok(())
}

/// A signal comes back from its frames wherever one gives it weight.
fn inverse(spec: FrameSpec, n: usize) {
    let window = vec![1.0; spec.length()];
    let data: Vec<f64> = (0..n).map(|i| (i as f64 * 0.7).sin()).collect();
    let Ok((inverse, lost)) = Inverse::lossy(spec, &window, n) else { return };
    let Ok(frames) = spec.frames(&data) else { return };
    let rebuilt = inverse.rebuild(|k, out: &mut [f64]| {
        frames.get(k).unwrap().write_into(out).unwrap();
    });
    assert_eq!(rebuilt.len(), n);
    for (i, (ours, x)) in rebuilt.iter().zip(&data).enumerate() {
        let expected = if lost.ranges.iter().any(|range| range.contains(&i)) { 0.0 } else { *x };
        assert!((ours - expected).abs() <= 1e-12, "{spec:?} of {n}: sample {i}");
    }
}
