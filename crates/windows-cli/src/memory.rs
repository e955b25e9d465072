//! Memory that is asked about before it is taken.
//!
//! An allocator that overcommits says yes to anything and lets the kernel kill the program later:
//! so large buffers are held against what the machine says is free, and only then reserved,
//! fallibly.

use crate::error::{Error, Result};

/// An empty vector with room for `count` elements.
///
/// # Errors
/// When the bytes overflow `usize`, exceed [`available`] memory, or are refused by the allocator;
/// `what` names them.
pub fn reserve<T>(count: usize, what: &str) -> Result<Vec<T>> {
    let bytes = count.checked_mul(size_of::<T>()).ok_or_else(|| {
        Error::new(format_args!(
            "{what}: {count} elements of {} bytes overflow the address space",
            size_of::<T>()
        ))
    })?;
    check(bytes, what)?;
    let mut vec = Vec::new();
    vec.try_reserve_exact(count).map_err(|_| {
        Error::new(format_args!(
            "{what}: {bytes} bytes of memory are needed, and the system refuses them"
        ))
    })?;
    Ok(vec)
}

/// Holds `bytes` against [`available`] memory, for what a library allocates.
///
/// # Errors
/// When there are fewer; `what` names what they are for.
pub fn check(bytes: usize, what: &str) -> Result<()> {
    // Small requests are not worth a look at the machine.
    if bytes > 1 << 24 {
        let free = available();
        if bytes as u64 > free {
            return Err(Error::new(format_args!(
                "{what}: {bytes} bytes of memory are needed, but {free} are available"
            )));
        }
    }
    Ok(())
}

/// A vector of `count` zeros, with the checks of [`reserve`].
///
/// # Errors
/// As [`reserve`].
pub fn zeroed<T: Clone + Default>(count: usize, what: &str) -> Result<Vec<T>> {
    // Asked for first, since the next line aborts where it gets none. It takes pages that are zero
    // already: what is overwritten in full is not written twice.
    drop(reserve::<T>(count, what)?);
    Ok(vec![T::default(); count])
}

/// The number of elements of `shape`.
///
/// # Errors
/// When it overflows `usize`.
pub fn count(shape: &[usize], what: &str) -> Result<usize> {
    windows_dtype::elements(shape).ok_or_else(|| {
        Error::new(format_args!(
            "{what}: the shape {shape:?} has more elements than the address space"
        ))
    })
}

/// Bytes that can be allocated without driving the machine out of memory, as far as it tells: the
/// kernel's estimate, or what the control group or the limit of the process (`ulimit -v`) leaves if that is less.
/// Everything, where the system does not say.
pub fn available() -> u64 {
    machine().min(control_group()).min(address_space())
}

fn machine() -> u64 {
    let Ok(text) = std::fs::read_to_string("/proc/meminfo") else {
        return u64::MAX;
    };
    text.lines()
        .find_map(|line| line.strip_prefix("MemAvailable:"))
        .and_then(|rest| rest.trim().strip_suffix("kB"))
        .and_then(|kib| kib.trim().parse::<u64>().ok())
        .map_or(u64::MAX, |kib| kib.saturating_mul(1024))
}

fn control_group() -> u64 {
    let number = |name: &str| {
        std::fs::read_to_string(format!("/sys/fs/cgroup/{name}"))
            .ok()
            .and_then(|text| text.trim().parse::<u64>().ok())
    };
    match (number("memory.max"), number("memory.current")) {
        (Some(limit), Some(used)) => limit.saturating_sub(used),
        _ => u64::MAX,
    }
}

fn address_space() -> u64 {
    let line = |file: &str, name: &str| {
        let text = std::fs::read_to_string(file).ok()?;
        let rest = text.lines().find_map(|line| line.strip_prefix(name))?;
        rest.split_whitespace().next()?.parse::<u64>().ok()
    };
    // There is no number where there is no limit.
    match (line("/proc/self/limits", "Max address space"), line("/proc/self/status", "VmSize:")) {
        (Some(limit), Some(used)) => limit.saturating_sub(used.saturating_mul(1024)),
        _ => u64::MAX,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn more_than_the_machine_has_is_refused_before_it_is_touched() {
        let error = reserve::<f64>(1 << 58, "windows").unwrap_err().to_string();
        assert!(
            error.starts_with("windows: 2305843009213693952 bytes of memory are needed, but"),
            "{error}"
        );
        assert!(reserve::<f64>(usize::MAX, "windows").is_err());
        assert_eq!(zeroed::<u8>(3, "ok").unwrap(), [0, 0, 0]);
    }

    #[test]
    fn a_count_is_checked_and_an_empty_axis_wins() {
        assert_eq!(count(&[3, 4], "x").unwrap(), 12);
        assert_eq!(count(&[], "x").unwrap(), 1);
        assert_eq!(count(&[usize::MAX, usize::MAX, 0], "x").unwrap(), 0);
        assert!(count(&[1 << 33, 1 << 33], "x").is_err());
    }
}
