//! How much of a kind is compiled into the program that runs, by its symbols: the part of a build that grows unseen.

#[cfg(target_os = "linux")]
use object::{Object, ObjectSymbol};

/// Bytes of each symbol of this program whose mangled name is wanted, the largest first.
///
/// # Panics
/// If the program cannot be read.
#[cfg(target_os = "linux")]
#[must_use]
pub fn sizes(wanted: impl Fn(&str) -> bool) -> Vec<u64> {
    let program = std::env::current_exe().and_then(std::fs::read).expect("this program");
    let program = object::File::parse(&*program).expect("an executable");
    let symbols = program.symbols().filter(|symbol| symbol.name().is_ok_and(&wanted));
    let mut sizes: Vec<u64> = symbols.map(|symbol| symbol.size()).collect();
    sizes.sort_unstable_by(|a, b| b.cmp(a));
    sizes
}

/// Bytes of each function that enters AVX2 or AVX-512 with a computation.
///
/// A computation is inlined into the one function of its set that has the set's features. So each has a symbol, which
/// is named after the set.
///
/// # Panics
/// If the program cannot be read.
#[cfg(target_os = "linux")]
#[must_use]
pub fn entered() -> Vec<u64> {
    let sets = ["Of256", "Of512"];
    sizes(|name| name.contains("5enter") && sets.iter().any(|set| name.contains(set)))
}

/// What functions of a kind may cost together.
#[derive(Clone, Copy, Debug)]
pub struct Budget {
    /// Most of them.
    pub functions: usize,
    /// Most bytes of all of them.
    pub bytes: u64,
    /// Most bytes of one.
    pub largest: u64,
}

impl Budget {
    /// # Panics
    /// If functions of these sizes are more, or larger, than the budget says, or if there are none: then the program
    /// has no symbols, and its sizes say nothing.
    pub fn assert_holds(&self, sizes: &[u64]) {
        let Self { functions, bytes, largest } = *self;
        let largest_of = sizes.iter().max().expect("functions: has the program symbols?");
        assert!(sizes.len() <= functions, "{} functions, of at most {functions}", sizes.len());
        let bytes_of = sizes.iter().sum::<u64>();
        assert!(bytes_of <= bytes, "{bytes_of} bytes of functions, of at most {bytes}");
        assert!(*largest_of <= largest, "a function of {largest_of} bytes, of at most {largest}");
    }
}

#[cfg(test)]
mod tests {
    use super::Budget;

    const BUDGET: Budget = Budget { functions: 3, bytes: 60, largest: 30 };

    #[test]
    fn a_budget_is_up_to_its_limits() {
        BUDGET.assert_holds(&[30, 20, 10]);
    }

    #[test]
    #[should_panic(expected = "4 functions, of at most 3")]
    fn one_function_more_is_too_many() {
        BUDGET.assert_holds(&[1, 1, 1, 1]);
    }

    #[test]
    #[should_panic(expected = "61 bytes of functions, of at most 60")]
    fn one_byte_more_is_too_much() {
        BUDGET.assert_holds(&[30, 30, 1]);
    }

    #[test]
    #[should_panic(expected = "a function of 31 bytes, of at most 30")]
    fn one_function_is_no_larger() {
        BUDGET.assert_holds(&[31]);
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn a_program_finds_its_own_functions() {
        assert!(
            !super::sizes(|name| name.contains("a_program_finds_its_own_functions")).is_empty()
        );
        assert!(super::sizes(|name| name == "no such function").is_empty());
    }
}
