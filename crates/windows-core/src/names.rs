//! Names of choices: said once, where the choice is defined, and read everywhere else.

use core::fmt;

/// A name that is none of those there are; it prints as the list of them.
///
/// # Example
/// ```
/// use windows_core::Edge;
///
/// assert_eq!("snap".parse(), Ok(Edge::Snap));
/// let error = "clip".parse::<Edge>().unwrap_err();
/// assert_eq!(error.to_string(), "not one of drop, keep, ceil, covered, snap, balance");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UnknownName {
    names: &'static [&'static str],
}

impl UnknownName {
    /// The names that there are.
    #[must_use]
    pub const fn of(names: &'static [&'static str]) -> Self {
        Self { names }
    }

    /// The names that there are.
    #[must_use]
    pub const fn names(&self) -> &'static [&'static str] {
        self.names
    }
}

impl fmt::Display for UnknownName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, name) in self.names.iter().enumerate() {
            f.write_str(if at == 0 { "not one of " } else { ", " })?;
            f.write_str(name)?;
        }
        Ok(())
    }
}

impl core::error::Error for UnknownName {}

/// Gives an enum without data its `ALL`, `name`, `Display` and `FromStr`. A variant that is left out does not
/// compile.
#[doc(hidden)]
#[macro_export]
macro_rules! names {
    ($type:ident: $($variant:ident = $name:literal),+ $(,)?) => {
        impl $type {
            /// Every one there is.
            pub const ALL: [Self; [$($name),+].len()] = [$(Self::$variant),+];

            /// The name, as in the documentation and on the command line.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self {
                    $(Self::$variant => $name),+
                }
            }
        }

        impl core::fmt::Display for $type {
            fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
                f.pad(self.name())
            }
        }

        impl core::str::FromStr for $type {
            type Err = $crate::UnknownName;

            fn from_str(name: &str) -> Result<Self, $crate::UnknownName> {
                match name {
                    $($name => Ok(Self::$variant),)+
                    _ => Err($crate::UnknownName::of(&[$($name),+])),
                }
            }
        }
    };
}
