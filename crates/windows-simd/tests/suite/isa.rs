//! Instruction sets as capabilities.

use windows_simd::{Isa, Simd, Vectorized, vectorized};

#[test]
fn every_set_is_what_it_is_written_as() {
    for isa in Isa::ALL {
        assert_eq!(isa.to_string().parse(), Ok(isa));
        assert_eq!((format!("{isa:?}"), isa.name()), (isa.to_string(), isa.name()));
    }
    assert_eq!("avx512+bf16+vnni".parse::<Isa>().unwrap().name(), "avx512+vnni+bf16");
    let mut names = Isa::ALL.map(Isa::name).to_vec();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), Isa::ALL.len());
}

#[test]
fn a_word_that_is_none_says_which_there_are() {
    let error = |text: &str| text.parse::<Isa>().unwrap_err().to_string();
    let levels = "portable, simd128, neon, avx2, avx512";
    for word in ["", "avx", "AVX2", "avx2 ", "best"] {
        assert_eq!(error(word), format!("`{word}` is no instruction set: {levels}"));
    }
    assert_eq!(error("avx512+dotprod"), "`avx512` has no option `+dotprod`: +vnni +bf16");
    assert_eq!(error("avx2+"), "`avx2` has no option `+`: +vnni");
    assert_eq!(error("portable+vnni"), "`portable` has no option `+vnni`: it has none");
}

#[test]
fn a_cap_is_what_both_have() {
    let cap = |a: &str, b: &str| {
        let (a, b): (Isa, Isa) = (a.parse().unwrap(), b.parse().unwrap());
        assert_eq!(a.cap(b), b.cap(a));
        assert!(a.contains(a.cap(b)) && b.contains(a.cap(b)));
        a.cap(b).name()
    };
    assert_eq!(cap("avx512+vnni+bf16", "avx512"), "avx512");
    assert_eq!(cap("avx512+vnni+bf16", "avx512+vnni"), "avx512+vnni");
    assert_eq!(cap("avx512+vnni", "avx2"), "avx2");
    // The dot product of one level is not that of the other.
    assert_eq!(cap("avx512+vnni", "avx2+vnni"), "avx2");
    assert_eq!(cap("neon+dotprod", "avx2"), "portable");
    assert_eq!(cap("neon+dotprod", "neon"), "neon");
    for isa in Isa::ALL {
        assert_eq!(isa.cap(isa), isa);
        assert!(isa.contains(isa.level()) && isa.contains(Isa::PORTABLE));
        assert_eq!(isa.level().name(), isa.name().split('+').next().unwrap());
    }
}

#[test]
fn the_best_one_is_available() {
    assert!(Isa::best().is_available());
    assert!(Isa::PORTABLE.is_available());
    assert!(Isa::available().any(|isa| isa == Isa::best()));
    assert_eq!(Isa::available().next(), Some(Isa::PORTABLE));
    // No processor is of two families.
    let families = [Isa::AVX2, Isa::NEON, Isa::SIMD128];
    assert!(families.into_iter().filter(|isa| isa.is_available()).count() <= 1);
}

#[test]
fn a_token_needs_the_processor_and_the_cap() {
    use windows_simd::Portable;
    assert!(Portable::within(Isa::PORTABLE).is_some());
    #[cfg(target_arch = "x86_64")]
    {
        use windows_simd::{Avx2, Avx512, Avx512Vnni};
        assert_eq!(Avx2::detect().is_some(), Isa::AVX2.is_available());
        assert_eq!(Avx512::detect().is_some(), Isa::AVX512.is_available());
        assert!(Avx2::within(Isa::PORTABLE).is_none() && Avx2::within(Isa::NEON).is_none());
        assert!(Avx512::within(Isa::AVX2).is_none() && Avx512Vnni::within(Isa::AVX512).is_none());
        assert_eq!(Avx2::within(Isa::AVX512).is_some(), Isa::AVX2.is_available());
    }
}

struct Sum<'a>(&'a [f32]);

impl Vectorized for Sum<'_> {
    type Output = f32;

    #[inline(always)]
    fn run(self) -> f32 {
        self.0.iter().fold(0.0, |sum, x| sum + x * x)
    }
}

#[test]
fn a_plain_loop_has_the_same_bits_on_every_set() {
    let data: Vec<f32> = (0..1000).map(|i| (i as f32).sin()).collect();
    let right = Sum(&data).run();
    for isa in Isa::ALL {
        assert_eq!(vectorized(isa, Sum(&data)).to_bits(), right.to_bits(), "{isa}");
    }
}

/// What the environment makes of the best one: the test below runs this file again, with one.
#[test]
fn prints_the_best() {
    println!("best: {}; {:?}", Isa::best(), Isa::from_env());
}

#[test]
#[cfg(all(target_arch = "x86_64", unix, not(miri)))]
fn the_environment_caps() {
    let best = |word: &str| {
        let program = std::env::current_exe().unwrap();
        let arguments = ["--exact", "isa::prints_the_best", "--nocapture"];
        let out = std::process::Command::new(program)
            .args(arguments)
            .env("WINDOWS_ISA", word)
            .output()
            .unwrap();
        let text = String::from_utf8(out.stdout).unwrap();
        let (_, text) = text.split_once("best: ").expect("the best one");
        let (isa, rest) = text.split_once("; ").expect("and what the environment says");
        (isa.to_owned(), rest.lines().next().unwrap_or_default().to_owned())
    };
    assert_eq!(best("portable"), ("portable".into(), "Ok(Some(portable))".into()));
    assert_eq!(best("neon").0, "portable");
    if Isa::AVX512.is_available() {
        assert_eq!(best("avx2").0, "avx2");
        assert_eq!(best("avx512").0, "avx512");
    }
    if Isa::AVX512_VNNI.is_available() {
        assert_eq!(best("avx512+vnni").0, "avx512+vnni");
    }
    // Ignored, but not silently: whoever asks is told.
    let (ignored, said) = best("avx1024");
    assert!(ignored.parse::<Isa>().unwrap().is_available());
    assert!(said.starts_with("Err("), "{said}");
}
