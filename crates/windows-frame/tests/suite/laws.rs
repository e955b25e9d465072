//! The laws: frames are those of the oracle, a stream is the batch, an inverse gives the signal back.

use proptest::prelude::*;
use windows_core::{Border, Edge, View};
use windows_frame::{FrameSpec, Framer, Inverse, InverseError, OverlapAdd};
use windows_testkit as naive;

fn allocations(run: impl FnOnce()) -> u64 {
    allocation_counter::measure(run).count_total
}

const BORDERS: [Border<()>; 4] =
    [Border::Constant(()), Border::Replicate, Border::Reflect, Border::Symmetric];

/// Every convention and rule that can stream.
fn streamable(length: usize, hop: usize) -> Vec<FrameSpec> {
    let mut specs = vec![
        FrameSpec::new(length, hop),
        FrameSpec::librosa(length, hop),
        FrameSpec::torch(length, hop),
        FrameSpec::tensorflow_padded(length, hop),
        FrameSpec::kaldi_unsnipped(length, hop),
        FrameSpec::scipy(length, hop, 0),
        FrameSpec::scipy(length, hop, usize::from(length > 2)),
        FrameSpec::scipy_legacy(length, hop),
        FrameSpec::whisper(length, hop),
        FrameSpec::huggingface(length, length - hop.min(length)),
        FrameSpec::new(length, hop).keep_at_least(length.div_ceil(2)).border(Border::Reflect),
        // Frames of padding alone, of which a signal shorter than what is left out has none.
        FrameSpec::new(length, hop).padding(2 * length as isize + 3, -4),
        FrameSpec::new(length, hop).padding(-2, -3),
        FrameSpec::new(length, hop).padding(3, 2 * length as isize).border(Border::Symmetric),
        // More padding than there is data or window, on both sides and on one, and more left out than there is.
        FrameSpec::new(length, hop).padding(70, 90),
        FrameSpec::new(length, hop).padding(0, 120).border(Border::Reflect),
        FrameSpec::new(length, hop).padding(150, 0).border(Border::Replicate),
        FrameSpec::new(length, hop).padding(-90, 2).border(Border::Symmetric),
        FrameSpec::new(length, hop).padding(1, -6000),
        FrameSpec::new(length, hop).padding(100, 100).edge(Edge::Ceil).border(Border::Reflect),
    ];
    for edge in [Edge::Keep, Edge::Covered, Edge::Snap] {
        specs.extend(BORDERS.map(|border| FrameSpec::new(length, hop).edge(edge).border(border)));
    }
    let padded = FrameSpec::new(length, hop).padding(2, 1).edge(Edge::Ceil);
    specs.extend(BORDERS.map(|border| padded.border(border)));
    // An overlap of the whole length leaves no hop.
    specs.into_iter().filter(|spec| spec.over(0).is_ok()).collect()
}

/// Where each frame of a channel starts, and its samples.
type Written = Vec<(isize, Vec<u16>)>;

/// All frames of a channel, written out, with their places; `None` where that is an error.
fn batch(spec: FrameSpec, data: &[u16]) -> Option<Written> {
    let frames = spec.frames(data).ok()?;
    let write = |frame: windows_frame::Frame<'_, '_, u16>| {
        let mut out = vec![0; spec.length()];
        frame.write_into(&mut out).unwrap();
        (frame.start(), out)
    };
    Some(frames.iter().map(write).collect())
}

fn streamed(
    framer: &mut Framer<u16>,
    interleaved: &[u16],
    cuts: &mut impl FnMut() -> usize,
) -> Option<Vec<Written>> {
    let mut seen = vec![Vec::new(); framer.channels()];
    let mut take = |frame: windows_frame::StreamFrame<'_, u16>| {
        for (channel, seen) in seen.iter_mut().enumerate() {
            assert_eq!(frame.index(), seen.len());
            seen.push((frame.start(), frame.channel(channel).to_vec()));
        }
    };
    let mut rest = interleaved;
    while !rest.is_empty() {
        let (chunk, behind) = rest.split_at(cuts().min(rest.len()));
        framer.push(chunk, &mut take);
        rest = behind;
    }
    let ended = framer.finish(&mut take);
    framer.reset();
    ended.ok().map(|()| seen)
}

#[test]
fn every_small_stream_in_single_samples_is_the_batch() {
    let data: Vec<u16> = (1..=26).collect();
    for length in 1..=6 {
        for hop in 1..=8 {
            for spec in streamable(length, hop) {
                let mut framer = Framer::new(spec, 1).unwrap();
                for n in 0..=data.len() {
                    let expected = batch(spec, &data[..n]);
                    let ours = streamed(&mut framer, &data[..n], &mut || 1);
                    assert_eq!(ours.map(|mut seen| seen.remove(0)), expected, "{spec:?} of {n}");
                }
            }
        }
    }
}

/// The cases of a property: those that are asked for, else few with debug assertions, and many without.
fn cases() -> ProptestConfig {
    let few = if cfg!(debug_assertions) { 100 } else { 10_000 };
    match std::env::var_os("PROPTEST_CASES") {
        Some(_) => ProptestConfig::default(),
        None => ProptestConfig::with_cases(few),
    }
}

/// Sizes of frames, hops and data of every proportion: alike, the frame or the hop far beyond the others, and no sample,
/// one, or fewer than any frame. Padding far beyond the data is among the specs of [`streamable`].
fn sizes(longest: usize) -> impl Strategy<Value = (usize, usize, usize)> {
    let length = prop_oneof![4 => 1..40_usize, 1 => 40..400_usize, 1 => Just(1_usize)];
    let hop = prop_oneof![4 => 1..60_usize, 1 => 60..900_usize, 1 => Just(1_usize)];
    let n = prop_oneof![1 => Just(0), 1 => Just(1), 3 => 2..40_usize, 3 => 40..longest];
    (length, hop, n).prop_map(move |(length, hop, n)| {
        // Long frames at every sample are much work, and say no more than a few of them.
        (length, hop, if length > 40 * hop { n.min(longest / 10) } else { n })
    })
}

/// Padding of one side: none, about a window, or far beyond windows and data.
fn padding() -> impl Strategy<Value = usize> {
    prop_oneof![2 => Just(0_usize), 3 => 1..40_usize, 1 => 40..3000_usize]
}

/// Rules and borders, ours beside those of the oracle.
const RULES: [(Edge, naive::Edge); 6] = [
    (Edge::Drop, naive::Edge::Drop),
    (Edge::Ceil, naive::Edge::Ceil),
    (Edge::Keep, naive::Edge::Keep),
    (Edge::Covered, naive::Edge::Covered),
    (Edge::Snap, naive::Edge::Snap),
    (Edge::Balance, naive::Edge::Balance),
];
const OUTSIDE: [(Border<()>, naive::Border); 5] = [
    (Border::Constant(()), naive::Border::Constant),
    (Border::Replicate, naive::Border::Replicate),
    (Border::Reflect, naive::Border::Reflect),
    (Border::Symmetric, naive::Border::Symmetric),
    (Border::Wrap, naive::Border::Wrap),
];

proptest! {
    #![proptest_config(cases())]

    /// Over data, windows, hops and padding of every proportion, under every rule and border.
    #[test]
    fn frames_are_those_of_the_oracle(
        (length, hop, n) in sizes(300), before in padding(), after in padding(),
        rule in 0..RULES.len(), outside in 0..OUTSIDE.len(),
    ) {
        let ((edge, naive_edge), (border, naive_border)) = (RULES[rule], OUTSIDE[outside]);
        let (before, after) = if naive_edge.takes_padding() { (before, after) } else { (0, 0) };
        let naive = naive::NaiveAxis::new(n, length, hop).edge(naive_edge).padding(before, after);
        let spec = FrameSpec::new(length, hop).padding(before as isize, after as isize);
        let spec = spec.edge(edge).border(border);
        let data: Vec<u16> = (1..=n as u16).collect();
        let (starts, grid) = (naive.starts(), spec.over(n).unwrap());
        prop_assert_eq!(grid.count(), starts.len());
        let Ok(frames) = spec.frames(&data) else {
            prop_assert!(n == 0 && !starts.is_empty() && outside > 0);
            return Ok(());
        };
        let mut out = vec![0; length];
        for (k, &start) in starts.iter().enumerate() {
            prop_assert_eq!(grid.start(k) as i64, start);
            // The first and the last ones, and some between: all of them would be much of the same.
            if k > 2 && k + 3 < starts.len() && k % (starts.len() / 4) != 0 {
                continue;
            }
            frames.get(k).unwrap().write_into(&mut out).unwrap();
            let expected: Vec<u16> = (start..start + length as i64)
                .map(|i| naive::border_index(i, n, naive_border).map_or(0, |i| data[i]))
                .collect();
            prop_assert_eq!(&out, &expected, "frame {} of {:?}", k, spec);
        }
    }

    #[test]
    fn any_split_of_any_stream_is_the_batch(
        (length, hop, n) in sizes(2000), channels in 1usize..4, seed: u64,
    ) {
        let data: Vec<u16> = (0..n * channels).map(|i| (i * 31 + 7) as u16).collect();
        for spec in streamable(length, hop) {
            let mut state = seed | 1;
            let mut framer = Framer::new(spec, channels).unwrap();
            let mut cuts = || {
                state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
                let largest = [2, 9, 100, 4000][(state >> 60) as usize % 4];
                (state >> 33) as usize % largest
            };
            let ours = streamed(&mut framer, &data, &mut cuts);
            let channel = |c| data.iter().skip(c).step_by(channels).copied().collect::<Vec<_>>();
            let expected: Option<Vec<_>> =
                (0..channels).map(|c| batch(spec, &channel(c))).collect();
            prop_assert_eq!(ours, expected, "{:?}", spec);
        }
    }

    #[test]
    fn signals_come_back_from_their_frames(
        (length, hop, n) in sizes(200), seed: u64,
    ) {
        let mut state = seed | 1;
        let mut random = || {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            (state >> 11) as f64 / (1u64 << 52) as f64 - 1.0
        };
        let data: Vec<f64> = (0..n).map(|_| random()).collect();
        let window: Vec<f64> = (0..length).map(|i| (i as f64 / length as f64 * 3.2).sin()).collect();
        for spec in streamable(length, hop) {
            let Ok(frames) = spec.frames(&data) else { continue };
            let (inverse, lost) = Inverse::lossy(spec, &window, n).unwrap();
            prop_assert_eq!(
                Inverse::new(spec, &window, n).is_ok(), lost.ranges.is_empty(), "{:?}", spec
            );
            let fill = |k: usize, out: &mut [f64]| {
                frames.get(k).unwrap().write_with(0.0, |tap, x| x * window[tap], out).unwrap();
            };
            let rebuilt = inverse.rebuild(fill);
            prop_assert_eq!(rebuilt.len(), n);
            // A sample is lost exactly if no frame gives it weight.
            for (i, (ours, x)) in rebuilt.iter().zip(&data).enumerate() {
                let grid = spec.over(n).unwrap();
                let covered = (0..grid.count()).any(|k| {
                    let tap = i as isize - grid.start(k);
                    usize::try_from(tap).is_ok_and(|tap| tap < length && window[tap] != 0.0)
                });
                prop_assert_eq!(!covered, lost.ranges.iter().any(|range| range.contains(&i)));
                if covered {
                    prop_assert!((ours - x).abs() <= 1e-12, "{:?} {i}: {ours} {x}", spec);
                } else {
                    prop_assert_eq!(*ours, 0.0);
                }
            }
            if spec.rule() == Edge::Snap {
                prop_assert!(OverlapAdd::<f64>::new(spec, &window).is_err());
                continue;
            }
            let mut stream = OverlapAdd::new(spec, &window).unwrap();
            let (mut pieces, mut frame) = (Vec::new(), vec![0.0; length]);
            for k in 0..frames.len() {
                fill(k, &mut frame);
                stream.push(&frame, |piece| pieces.extend_from_slice(piece)).unwrap();
            }
            stream.finish(n, |piece| pieces.extend_from_slice(piece)).unwrap();
            prop_assert_eq!(pieces, rebuilt, "{:?}", spec);
        }
    }
}

#[cfg(feature = "stft")]
#[test]
fn streams_of_unsigned_samples_are_silent_outside() {
    use windows_frame::audio::{Stft, StftSpec};

    let sound: Vec<u8> = (0..500_u32).map(|i| (i * 37 % 256) as u8).collect();
    for spec in [StftSpec::librosa(16, 4, &[1.0; 16]), StftSpec::scipy(5, &[1.0; 16])] {
        let stft = Stft::<f64>::new(spec.unwrap()).unwrap();
        let mut stream = stft.stream::<u8>(1).unwrap();
        let mut seen = Vec::new();
        for chunk in sound.chunks(7) {
            stream.push(chunk, |_, _, spectrum| seen.extend_from_slice(spectrum));
        }
        stream.finish(|_, _, spectrum| seen.extend_from_slice(spectrum)).unwrap();
        assert_eq!(seen, stft.complex(&sound).unwrap().into_vec());
    }
}

#[cfg(feature = "mel")]
#[test]
fn results_in_buffers_of_the_caller_are_those_that_are_allocated() {
    use windows_frame::audio::{Complex, Fbank, Istft, Stft, StftSpec, WhisperMel, Window};

    // Long enough for several tasks, with feature rayon.
    let sound: Vec<f64> = (0..130_000_u32).map(|i| f64::from(i * 7919 % 4001) / 4001.0).collect();
    let spec = StftSpec::torch(400, 160, &Window::Hann.periodic(400).unwrap()).unwrap();
    let stft = Stft::<f64>::new(spec.clone()).unwrap();
    let values = stft.spec().frames().count(sound.len()) * stft.spec().bins();
    let (mut out, mut complex) = (vec![f64::NAN; values], vec![Complex::default(); values]);
    stft.power_into(&sound, &mut out).unwrap();
    assert_eq!(out, stft.power(&sound).unwrap().into_vec());
    stft.magnitude_into(&sound, &mut out).unwrap();
    assert_eq!(out, stft.magnitude(&sound).unwrap().into_vec());
    stft.complex_into(&sound, &mut complex).unwrap();
    assert_eq!(complex, stft.complex(&sound).unwrap().into_vec());
    assert!(stft.power_into(&sound, &mut out[1..]).is_err());

    let (whisper, kaldi) = (WhisperMel::<f64>::new(80).unwrap(), Fbank::<f64>::new(80).unwrap());
    let mut mel = vec![f64::NAN; sound.len() / 160 * 80];
    whisper.features_into(&sound, &mut mel).unwrap();
    assert_eq!(mel, whisper.features(&sound).unwrap().into_vec());
    mel.truncate(((sound.len() - 400) / 160 + 1) * 80);
    kaldi.features_into(&sound, &mut mel).unwrap();
    assert_eq!(mel, kaldi.features(&sound).unwrap().into_vec());

    // Frame after frame, on one thread.
    let mut one = Vec::new();
    let istft = Istft::new(spec).unwrap();
    let mut stream = istft.stream().unwrap();
    for spectrum in complex.chunks(stft.spec().bins()) {
        stream.push(spectrum, |piece| one.extend_from_slice(piece)).unwrap();
    }
    stream.finish(sound.len(), |piece| one.extend_from_slice(piece)).unwrap();
    assert_eq!(istft.rebuild(&complex, sound.len()).unwrap(), one);
}

#[test]
fn a_stream_allocates_nothing() {
    let data: Vec<u16> = (0..30_000).map(|i| i as u16).collect();
    for spec in streamable(400, 160) {
        for channels in [1, 2] {
            let mut framer = Framer::new(spec, channels).unwrap();
            let mut sum = 0_u64;
            let count = allocations(|| {
                let mut each = |frame: windows_frame::StreamFrame<'_, u16>| {
                    sum += frame.channel(channels - 1).iter().map(|&x| u64::from(x)).sum::<u64>();
                };
                for chunk in data.chunks(682) {
                    framer.push(chunk, &mut each);
                }
                framer.finish(&mut each).unwrap();
            });
            assert_eq!(count, 0, "{spec:?}");
            assert!(sum > 0);
        }
    }
    assert_eq!(allocations(|| drop(std::hint::black_box(vec![1]))), 1, "the counter counts");
}

#[test]
fn refusals_name_the_reason_and_lose_nothing() {
    let text = |spec: FrameSpec| Framer::<f32>::new(spec, 1).unwrap_err().to_string();
    assert_eq!(
        text(FrameSpec::new(4, 2).edge(Edge::Balance)),
        "`balance` needs the whole input: frames cannot be streamed"
    );
    assert!(text(FrameSpec::new(4, 2).centered().border(Border::Wrap)).contains("`wrap`"));
    assert!(text(FrameSpec::new(0, 2)).contains("size 0"));
    assert!(text(FrameSpec::new(4, 0)).contains("step 0"));
    assert!(text(FrameSpec::new(usize::MAX / 4, 1)).contains("no memory"));
    assert!(FrameSpec::new(4, 2).keep_at_least(5).over(9).is_err());
    assert!(FrameSpec::new(4, 2).padding(-1, 0).edge(Edge::Snap).over(9).is_err());

    let mut framer = Framer::new(FrameSpec::new(2, 1), 2).unwrap();
    let mut seen = Vec::new();
    framer.push(&[1, 10, 2], |_| panic!("no frame yet"));
    assert!(framer.finish(|_| panic!("not at the end")).is_err());
    assert!(framer.push_planar(&[&[3], &[30]], |_| panic!("in between")).is_err());
    framer.push(&[20], |frame| seen.push((frame.channel(0).to_vec(), frame.channel(1).to_vec())));
    framer
        .push_planar(&[&[3], &[30]], |frame| {
            seen.push((frame.channel(0).to_vec(), frame.channel(1).to_vec()))
        })
        .unwrap();
    framer.finish(|_| panic!("nothing is left")).unwrap();
    assert_eq!(seen, [(vec![1, 2], vec![10, 20]), (vec![2, 3], vec![20, 30])]);

    let hann = [0.0, 0.5, 1.0, 0.5];
    let Err(InverseError::Lost(lost)) = Inverse::new(FrameSpec::new(4, 4), &hann, 10) else {
        panic!("zeros of the window lie alone")
    };
    assert_eq!(lost.ranges, [0..1, 4..5, 8..10]);
}

#[test]
fn counts_and_starts_are_those_of_plain_loops() {
    // Frame k starts at k hop - before; drop keeps those that end within the padding.
    for (n, length, hop) in
        (0..14).flat_map(|n| (1..6).flat_map(move |l| (1..7).map(move |h| (n, l, h))))
    {
        for (before, after) in [(0, 0), (2, 1), (-1, 0), (-2, 3), (1, -2), (-3, -3)] {
            let spec = FrameSpec::new(length, hop).padding(before, after);
            let grid = spec.over(n).unwrap();
            let left_out = before.min(0).unsigned_abs() + after.min(0).unsigned_abs();
            let mut starts = Vec::new();
            let mut start = -before;
            while left_out <= n && start + length as isize <= n as isize + after {
                starts.push(start);
                start += hop as isize;
            }
            assert_eq!(grid.count(), starts.len(), "{spec:?} {n}");
            for (k, &start) in starts.iter().enumerate() {
                assert_eq!(grid.start(k), start);
                let range: Vec<usize> = (0..n)
                    .filter(|&i| (start..start + length as isize).contains(&(i as isize)))
                    .collect();
                assert_eq!(grid.range(k).collect::<Vec<_>>(), range);
                assert_eq!(grid.taps(k).len(), range.len());
                let inside = (range.len() == length).then(|| start.unsigned_abs());
                assert_eq!(grid.interior_start(k), inside, "{spec:?} {n} {k}");
                assert_eq!(grid.seconds(k, 2.0), start as f64 / 2.0);
            }
            assert_eq!(grid.interior_start(grid.count()), None);
            for i in 0..n + 2 {
                let expected: Vec<usize> =
                    (0..grid.count()).filter(|&k| grid.range(k).contains(&i)).collect();
                assert_eq!(grid.frames_of(i).collect::<Vec<_>>(), expected, "{spec:?} {n} {i}");
            }
        }
    }
}

#[test]
fn iterators_keep_their_laws_and_strided_channels_are_frames() {
    let data: Vec<i32> = (0..20).collect();
    let frames = FrameSpec::new(4, 3).frames(&data).unwrap();
    let starts =
        |iter: windows_frame::FramesIter<'_, '_, i32>| iter.map(|f| f.start()).collect::<Vec<_>>();
    assert_eq!(starts(frames.iter()), [0, 3, 6, 9, 12, 15]);
    let mut iter = frames.iter();
    assert_eq!(
        (iter.len(), iter.nth(1).unwrap().index(), iter.nth_back(1).unwrap().index()),
        (6, 1, 4)
    );
    assert_eq!((iter.len(), iter.clone().count(), iter.clone().last().unwrap().index()), (2, 2, 3));
    assert!(iter.nth(2).is_none() && iter.next().is_none() && iter.next_back().is_none());

    let right = View::strided(&data, 1, [10], [2]).unwrap();
    let strided = FrameSpec::torch(4, 3).frames_of(right).unwrap();
    let odd: Vec<i32> = data.iter().skip(1).step_by(2).copied().collect();
    let plain = FrameSpec::torch(4, 3).frames(&odd).unwrap();
    for (a, b) in strided.iter().zip(&plain) {
        let (mut x, mut y) = ([0; 4], [0; 4]);
        a.write_into(&mut x).unwrap();
        b.write_into(&mut y).unwrap();
        assert_eq!((x, a.as_slice()), (y, None));
    }
}

#[cfg(feature = "stft")]
#[test]
fn spectra_stream_as_the_batch_both_ways_without_allocating() {
    use windows_frame::audio::{Istft, Stft, StftSpec, Window};

    let sound: Vec<i16> = (0..5000_i32).map(|i| (i * i % 4001 - 2000) as i16).collect();
    let hann = Window::Hann.periodic(60).unwrap();
    for spec in [StftSpec::torch(64, 16, &hann), StftSpec::scipy(16, &hann)].map(Result::unwrap) {
        let stft = Stft::<f64>::new(spec.clone()).unwrap();
        let batch = stft.complex(&sound).unwrap();
        let mut stream = stft.stream::<i16>(1).unwrap();
        let mut seen = Vec::with_capacity(batch.as_slice().len());
        let count = allocations(|| {
            for chunk in sound.chunks(77) {
                stream.push(chunk, |_, _, spectrum| seen.extend_from_slice(spectrum));
            }
            stream.finish(|_, _, spectrum| seen.extend_from_slice(spectrum)).unwrap();
        });
        assert_eq!((count, &seen[..]), (0, batch.as_slice()));

        let istft = Istft::new(spec).unwrap();
        let expected = istft.rebuild(batch.as_slice(), sound.len()).unwrap();
        let mut stream = istft.stream().unwrap();
        let mut rebuilt = Vec::with_capacity(sound.len());
        let count = allocations(|| {
            for k in 0..batch.frames() {
                stream.push(batch.frame(k), |piece| rebuilt.extend_from_slice(piece)).unwrap();
            }
            stream.finish(sound.len(), |piece| rebuilt.extend_from_slice(piece)).unwrap();
        });
        assert_eq!((count, &rebuilt), (0, &expected));
        let back: Vec<i16> = rebuilt.iter().map(|x| (x * 32_768.0).round() as i16).collect();
        assert_eq!(back, sound);
    }
}
