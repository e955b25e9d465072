//! What a coordinate outside the data reads as, found by walking to it.

/// What a padded element reads as. The pictures show `a b c d` with two elements on each side.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Border {
    /// `x x|a b c d|x x`: no element, but a value given elsewhere.
    Constant,
    /// `a a|a b c d|d d`.
    Replicate,
    /// `c b|a b c d|c b`: the end element is not repeated.
    Reflect,
    /// `b a|a b c d|d c`: the end element is repeated.
    Symmetric,
    /// `c d|a b c d|a b`.
    Wrap,
}

impl Border {
    /// Every border, for exhaustive tests.
    pub const ALL: [Self; 5] =
        [Self::Constant, Self::Replicate, Self::Reflect, Self::Symmetric, Self::Wrap];
}

/// The element that coordinate `i` reads, by walking there from element 0 one step at a time and
/// obeying the border at each end of the data.
///
/// `None` where there is none: outside the data under [`Border::Constant`], and everywhere on an
/// axis of length 0. Walking makes padding longer than the axis nothing special.
pub fn border_index(i: i64, len: usize, border: Border) -> Option<usize> {
    if len == 0 {
        return None;
    }
    let last = len as i64 - 1;
    if border == Border::Constant {
        return (0..=last).contains(&i).then_some(i as usize);
    }
    let mut at = 0i64;
    let mut direction = i.signum();
    for _ in 0..i.abs() {
        let ahead = at + direction;
        if (0..=last).contains(&ahead) {
            at = ahead;
            continue;
        }
        match border {
            Border::Constant | Border::Replicate => {}
            Border::Wrap => at = last - at,
            Border::Symmetric => direction = -direction,
            Border::Reflect => {
                direction = -direction;
                // On an axis of one element there is nowhere to turn to.
                at = (at + direction).clamp(0, last);
            }
        }
    }
    Some(at as usize)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `text` with `width` padded elements on each side, as the pictures draw it.
    fn drawn(text: &str, width: i64, border: Border) -> String {
        let letters: Vec<char> = text.chars().collect();
        (-width..letters.len() as i64 + width)
            .map(|i| border_index(i, letters.len(), border).map_or('x', |element| letters[element]))
            .collect()
    }

    #[test]
    fn the_pictures() {
        assert_eq!(drawn("abcd", 2, Border::Constant), "xxabcdxx");
        assert_eq!(drawn("abcd", 2, Border::Replicate), "aaabcddd");
        assert_eq!(drawn("abcd", 2, Border::Reflect), "cbabcdcb");
        assert_eq!(drawn("abcd", 2, Border::Symmetric), "baabcddc");
        assert_eq!(drawn("abcd", 2, Border::Wrap), "cdabcdab");
    }

    #[test]
    fn padding_longer_than_the_axis_repeats_the_map() {
        // numpy.pad([1, 2], 5, "reflect") is 2 1 2 1 2 | 1 2 | 1 2 1 2 1.
        assert_eq!(drawn("12", 5, Border::Reflect), "212121212121");
        assert_eq!(drawn("abc", 7, Border::Reflect), "bcbabcbabcbabcbab");
        assert_eq!(drawn("abc", 7, Border::Symmetric), "aabccbaabccbaabcc");
        assert_eq!(drawn("abc", 7, Border::Wrap), "cabcabcabcabcabca");
        assert_eq!(drawn("abc", 4, Border::Replicate), "aaaaabccccc");
    }

    #[test]
    fn one_element_and_none() {
        for border in Border::ALL {
            let expected = if border == Border::Constant { "xxxaxxx" } else { "aaaaaaa" };
            assert_eq!(drawn("a", 3, border), expected, "{border:?}");
            assert_eq!(drawn("", 2, border), "xxxx", "{border:?}");
        }
    }
}
