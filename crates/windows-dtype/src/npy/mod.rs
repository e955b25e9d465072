//! `.npy` files: versions 1 to 3, C or Fortran order, either byte order.
//!
//! Format: <https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html>. A header is a claim: nothing is
//! allocated before the file was seen to hold what the header says. Bytes after the data are ignored, as numpy ignores
//! them.

use std::io::{Read, Write};

use windows_core::check;

use crate::array::{self, Array, ArrayOf};
use crate::dtype::{Dtype, Element, TypeVisitor};
use crate::error::Error;
use literal::{Kind, Value};

mod literal;

const MAGIC: &[u8; 6] = b"\x93NUMPY";
/// A header of an array of numbers takes a hundred bytes; numpy refuses more than this.
const MAX_HEADER: usize = 10_000;
/// Headers are padded so that the data starts at a multiple of this, as the format asks.
const ALIGNMENT: usize = 64;

/// The most axes that an array of numpy has.
pub(crate) const MAX_AXES: usize = 64;

/// Reads the array in a `.npy` file of `len` bytes. A Fortran-order file becomes a column-major array: nothing is
/// transposed.
///
/// # Errors
/// Those of [`Header::read`] and [`Header::read_array`].
pub fn read(mut file: impl Read, len: u64) -> Result<Array, Error> {
    Header::read(&mut file, len)?.read_array(file)
}

/// What the header of a file says, and the file has room for.
///
/// Read apart from the elements by who wants to see how many bytes those take before they are read.
#[derive(Debug)]
pub struct Header {
    dtype: Dtype,
    shape: Vec<usize>,
    /// The product of the shape.
    elements: usize,
    big_endian: bool,
    fortran_order: bool,
}

impl Header {
    /// Reads the header of a file of `len` bytes; the elements are next in `file`.
    ///
    /// # Errors
    /// [`Error::Header`] of what is no `.npy` file, [`Error::UnknownDtype`], [`Error::Axes`], [`Error::Elements`] of a
    /// shape that overflows, and [`Error::Short`] if `len` bytes cannot hold the elements.
    pub fn read(file: &mut impl Read, len: u64) -> Result<Self, Error> {
        let (text, header_len) = header_text(file).map_err(Error::Header)?;
        let damaged = |reason| Error::Header(format!("has a damaged .npy header: {reason}"));
        let text = std::str::from_utf8(&text).map_err(|error| damaged(error.to_string()))?;
        let Claims { descr, fortran_order, shape } = Claims::parse(text).map_err(damaged)?;
        if shape.len() > MAX_AXES {
            return Err(Error::Axes { axes: shape.len() });
        }
        let (order, code) = descr.split_at(descr.chars().next().map_or(0, char::len_utf8));
        let big_endian = match order {
            ">" => true,
            "<" | "|" => false,
            "=" => cfg!(target_endian = "big"),
            // A type without a byte order is not written by numpy, and is not known here.
            _ => return Err(Error::UnknownDtype(descr)),
        };
        let Some(dtype) = Dtype::of_code(code) else {
            return Err(Error::UnknownDtype(descr));
        };
        let Some(elements) = array::elements(&shape) else {
            return Err(Error::Elements { shape, expected: None, found: 0 });
        };
        let held = len.saturating_sub(header_len) / dtype.bytes() as u64;
        if elements as u64 > held {
            return Err(Error::Short { dtype, shape, claimed: elements, held });
        }
        Ok(Self { dtype, shape, elements, big_endian, fortran_order })
    }

    /// The element type.
    #[must_use]
    pub fn dtype(&self) -> Dtype {
        self.dtype
    }

    /// The length of each axis.
    #[must_use]
    pub fn shape(&self) -> &[usize] {
        &self.shape
    }

    /// The bytes of all elements, which [`Header::read_array`] allocates.
    #[must_use]
    pub fn bytes(&self) -> usize {
        // The file has them, or there are none.
        self.elements.saturating_mul(self.dtype.bytes())
    }

    /// Reads the elements behind the header.
    ///
    /// # Errors
    /// [`Error::Memory`] and [`Error::Io`]; [`Error::Shape`] of a shape without elements that has no layout.
    pub fn read_array(&self, file: impl Read) -> Result<Array, Error> {
        self.dtype.visit(Body { header: self, file })
    }
}

/// The text of a header, and how many bytes of the file end with it.
fn header_text(file: &mut impl Read) -> Result<(Vec<u8>, u64), String> {
    let short = |_| "is no .npy file: it ends inside its header".to_owned();
    let mut start = [0; 8];
    file.read_exact(&mut start).map_err(short)?;
    let [magic @ .., major, minor] = &start;
    if magic != MAGIC {
        return Err("is no .npy file: it does not start with \\x93NUMPY".into());
    }
    let (len, len_bytes) = match (major, minor) {
        (1, 0) => {
            let mut bytes = [0; 2];
            file.read_exact(&mut bytes).map_err(short)?;
            (u16::from_le_bytes(bytes).into(), 2)
        }
        (2 | 3, 0) => {
            let mut bytes = [0; 4];
            file.read_exact(&mut bytes).map_err(short)?;
            (u32::from_le_bytes(bytes) as usize, 4)
        }
        _ => return Err(format!("has .npy version {major}.{minor}, and 1.0 to 3.0 are known")),
    };
    if len > MAX_HEADER {
        return Err(format!(
            "has a header of {len} bytes, and {MAX_HEADER} is the most that is read"
        ));
    }
    let mut text = vec![0; len];
    file.read_exact(&mut text).map_err(short)?;
    Ok((text, (start.len() + len_bytes + len) as u64))
}

/// The entries of a header, before anything is known of them.
struct Claims {
    /// The element type as it is written.
    descr: String,
    fortran_order: bool,
    shape: Vec<usize>,
}

impl Claims {
    /// Parses the dictionary `{'descr': '<f4', 'fortran_order': False, 'shape': (3, 4)}`.
    fn parse(text: &str) -> Result<Self, String> {
        let none = "it is not a Python dictionary";
        let value = literal::parse(text).map_err(|reason| format!("{none}: {reason}"))?;
        let Kind::Dict(entries) = value.kind else {
            return Err(none.into());
        };
        let entry = |name: &str| {
            // Of a key that is there twice, Python takes the last.
            entries
                .iter()
                .rev()
                .find(|(key, _)| matches!(&key.kind, Kind::Text(key) if key == name))
                .map(|(_, value)| value)
                .ok_or_else(|| format!("'{name}' is missing"))
        };
        let fortran_order = match entry("fortran_order")? {
            Value { kind: Kind::Truth(value), .. } => *value,
            other => return Err(format!("'fortran_order' is {}", other.source)),
        };
        let length = |len: &Value<'_>| match len.kind {
            Kind::Number(digits) => digits
                .parse()
                .map_err(|_| format!("axis length {digits} is not one of this machine's")),
            _ => Err(format!("axis length {} is no integer", len.source)),
        };
        let shape = match entry("shape")? {
            Value { kind: Kind::Sequence(axes), .. } => {
                axes.iter().map(length).collect::<Result<_, _>>()?
            }
            other => return Err(format!("'shape' is {}", other.source)),
        };
        let descr = match entry("descr")? {
            Value { kind: Kind::Text(descr), .. } => descr.clone(),
            structured => structured.source.to_owned(),
        };
        Ok(Self { descr, fortran_order, shape })
    }
}

/// The elements behind a header, of a type to be named.
struct Body<'a, R> {
    header: &'a Header,
    file: R,
}

impl<R: Read> TypeVisitor for Body<'_, R> {
    type Output = Result<Array, Error>;

    fn visit<T: Element>(mut self) -> Result<Array, Error> {
        let Header { shape, elements, big_endian, fortran_order, .. } = self.header;
        let mut data = check::filled("the array", *elements, T::default())
            .map_err(|_| Error::Memory { bytes: self.header.bytes() })?;
        let bytes: &mut [u8] = bytemuck::cast_slice_mut(&mut data);
        self.file.read_exact(bytes)?;
        if *big_endian != cfg!(target_endian = "big") {
            for number in bytes.chunks_exact_mut(T::DTYPE.number_bytes()) {
                number.reverse();
            }
        }
        let array = match fortran_order {
            true => ArrayOf::column_major(data, shape),
            false => ArrayOf::new(data, shape),
        };
        array.map(T::into_any)
    }
}

/// Writes elements in row-major order as a `.npy` file, in the byte order of the machine.
///
/// # Errors
/// When `out` refuses; [`Error::Elements`] when there are not as many elements as the shape has, which the header would
/// claim; those of [`require_loadable`].
pub fn write<T: Element>(out: &mut impl Write, shape: &[usize], data: &[T]) -> Result<(), Error> {
    write_bytes(out, T::DTYPE, shape, bytemuck::cast_slice(data))
}

/// Writes the bytes of elements, whatever their type.
fn write_bytes(
    out: &mut dyn Write,
    dtype: Dtype,
    shape: &[usize],
    data: &[u8],
) -> Result<(), Error> {
    let (expected, found) = (array::elements(shape), data.len() / dtype.bytes());
    if expected != Some(found) {
        return Err(Error::Elements { shape: shape.to_vec(), expected, found });
    }
    require_loadable(dtype, shape)?;
    out.write_all(&header(dtype, shape))?;
    Ok(out.write_all(data)?)
}

/// Refuses a shape that numpy cannot load: of more than 64 axes, or whose lengths, those of 0 left out, are of more
/// bytes than an address has. An array without elements can have such lengths.
///
/// # Errors
/// [`Error::Axes`], [`Error::Unloadable`].
pub fn require_loadable(dtype: Dtype, shape: &[usize]) -> Result<(), Error> {
    if shape.len() > MAX_AXES {
        return Err(Error::Axes { axes: shape.len() });
    }
    let mut lengths = shape.iter().copied().filter(|&len| len > 0);
    let bytes = lengths.try_fold(dtype.bytes(), usize::checked_mul);
    if bytes.is_none_or(|bytes| bytes > isize::MAX as usize) {
        return Err(Error::Unloadable { shape: shape.to_vec() });
    }
    Ok(())
}

/// The header of a row-major array: version 1, or 2 for a rank that needs it. The elements follow in the byte order of
/// the machine.
#[must_use]
pub fn header(dtype: Dtype, shape: &[usize]) -> Vec<u8> {
    let order = match (dtype.number_bytes(), cfg!(target_endian = "big")) {
        (1, _) => '|',
        (_, true) => '>',
        (_, false) => '<',
    };
    let axes: String = shape.iter().map(|len| format!("{len}, ")).collect();
    // Python writes `(3,)` and `(3, 4)`.
    let axes = match shape.len() {
        1 => axes.trim_end(),
        _ => axes.trim_end_matches(", "),
    };
    let mut text = format!(
        "{{'descr': '{order}{}', 'fortran_order': False, 'shape': ({axes}), }}",
        dtype.code()
    );
    // Padded with blanks up to a line feed, so that the data is aligned.
    let long = MAGIC.len() + 2 + 2 + text.len() + ALIGNMENT > usize::from(u16::MAX);
    let fixed = MAGIC.len() + 2 + if long { 4 } else { 2 };
    let padded = (fixed + text.len() + 1).next_multiple_of(ALIGNMENT) - fixed;
    text.extend(std::iter::repeat_n(' ', padded - text.len() - 1));
    text.push('\n');

    let mut bytes = MAGIC.to_vec();
    if long {
        bytes.extend([2, 0]);
        bytes.extend(u32::try_from(text.len()).unwrap_or(u32::MAX).to_le_bytes());
    } else {
        bytes.extend([1, 0]);
        bytes.extend((text.len() as u16).to_le_bytes());
    }
    bytes.extend(text.as_bytes());
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read_bytes(bytes: &[u8]) -> Result<Array, Error> {
        read(bytes, bytes.len() as u64)
    }

    fn versioned(version: u8, dict: &str, data: &[u8]) -> Vec<u8> {
        let mut bytes = MAGIC.to_vec();
        bytes.extend([version, 0]);
        match version {
            1 => bytes.extend((dict.len() as u16).to_le_bytes()),
            _ => bytes.extend((dict.len() as u32).to_le_bytes()),
        }
        bytes.extend(dict.as_bytes());
        bytes.extend(data);
        bytes
    }

    #[test]
    fn what_is_written_is_read_back_for_every_type_and_rank() {
        fn check<T: Element>(data: &[T]) {
            for shape in [vec![6], vec![2, 3], vec![1, 6, 1, 1]] {
                let mut bytes = Vec::new();
                write(&mut bytes, &shape, data).unwrap();
                assert_eq!((bytes.len() - size_of_val(data)) % ALIGNMENT, 0);
                let expected = T::into_any(ArrayOf::new(data.to_vec(), &shape).unwrap());
                assert_eq!(read_bytes(&bytes).unwrap(), expected);
            }
        }
        use num_complex::Complex;
        check(&[0u8, 1, 2, 3, 4, 255]);
        check(&[0i8, 1, 2, 3, 4, -128]);
        check(&[0u16, 1, 2, 3, 4, 65535]);
        check(&[0i16, 1, 2, 3, 4, -32768]);
        check(&[0u32, 1, 2, 3, 4, u32::MAX]);
        check(&[0i32, 1, 2, 3, 4, i32::MIN]);
        check(&[0u64, 1, 2, 3, 4, u64::MAX]);
        check(&[0i64, 1, 2, 3, 4, i64::MIN]);
        check(&[0f32, 1.5, 2.0, 3.0, 4.0, f32::MIN]);
        check(&[0f64, 1.5, 2.0, 3.0, 4.0, f64::MAX]);
        check(&[Complex::new(1f32, -2.0); 6]);
        check(&[Complex::new(1f64, -2.0); 6]);
    }

    #[test]
    fn headers_are_the_bytes_that_numpy_writes() {
        let text =
            |shape: &[usize]| String::from_utf8(header(Dtype::F32, shape)[10..].to_vec()).unwrap();
        assert_eq!(
            text(&[3]).trim_end(),
            "{'descr': '<f4', 'fortran_order': False, 'shape': (3,), }"
        );
        assert_eq!(
            text(&[3, 4]).trim_end(),
            "{'descr': '<f4', 'fortran_order': False, 'shape': (3, 4), }"
        );
        assert_eq!(text(&[]).trim_end(), "{'descr': '<f4', 'fortran_order': False, 'shape': (), }");
        assert_eq!(header(Dtype::U8, &[3]).len(), 128);
    }

    #[test]
    fn versions_byte_orders_and_axis_orders_are_read() {
        let big = [0u8, 1, 0, 2, 0, 3, 0, 4, 0, 5, 0, 6];
        for version in 1..=3 {
            let dict = "{'descr': '>i2', 'fortran_order': True, 'shape': (2, 3), }\n";
            let array = read_bytes(&versioned(version, dict, &big)).unwrap();
            let expected = ArrayOf::column_major(vec![1i16, 2, 3, 4, 5, 6], &[2, 3]).unwrap();
            assert_eq!(array, Array::I16(expected));
        }
        let complex = versioned(
            1,
            "{'descr': '>c8', 'fortran_order': False, 'shape': (1,)}",
            &[0x3f, 0x80, 0, 0, 0xc0, 0, 0, 0],
        );
        let expected = ArrayOf::new(vec![num_complex::Complex::new(1.0, -2.0)], &[1]).unwrap();
        assert_eq!(read_bytes(&complex).unwrap(), Array::C64(expected));
    }

    #[test]
    fn bad_files_are_one_clear_error_each() {
        let good = "{'descr': '<f8', 'fortran_order': False, 'shape': (3,), }";
        let cases: &[(&[u8], &str)] = &[
            (b"", "ends inside its header"),
            (b"\x93NUM", "ends inside its header"),
            (b"PK\x03\x04 not numpy", "does not start with"),
            (&versioned(9, good, &[0; 24]), "version 9.0"),
            (
                &versioned(1, good, &[0; 23]),
                "claims 3 elements of f64 (shape [3]), but the file holds 2",
            ),
            (&versioned(2, good, &[0; 24])[..40], "ends inside its header"),
            (b"\x93NUMPY\x02\x00\xff\xff\xff\xff", "header of 4294967295 bytes"),
            (
                &versioned(1, &good.replace("(3,)", "(1152921504606846976,)"), &[0; 24]),
                "claims 1152921504606846976 elements of f64",
            ),
            (
                &versioned(
                    1,
                    &good.replace("(3,)", "(1152921504606846976, 1152921504606846976)"),
                    &[],
                ),
                "more elements than the address space",
            ),
            (
                &versioned(1, &good.replace("(3,)", "(99999999999999999999999,)"), &[]),
                "99999999999999999999999",
            ),
            (&versioned(1, &good.replace("(3,)", "(-3,)"), &[0; 24]), "-3"),
            (&versioned(1, &good.replace("(3,)", "'abc'"), &[0; 24]), "'shape' is"),
            (&versioned(1, &good.replace("<f8", "|b1"), &[0; 24]), "element type '|b1'"),
            (&versioned(1, &good.replace("<f8", "<f2"), &[0; 24]), "element type '<f2'"),
            (&versioned(1, &good.replace("<f8", "|O"), &[0; 24]), "element type '|O'"),
            (&versioned(1, &good.replace("<f8", ""), &[0; 24]), "element type ''"),
            (
                &versioned(1, &good.replace("'<f8'", "[('a', '<f8')]"), &[0; 24]),
                "element type '[('a', '<f8')]'",
            ),
            (&versioned(1, &good.replace("descr", "dscr"), &[0; 24]), "'descr' is missing"),
            (&versioned(1, &"(".repeat(9000), &[]), "nested more than 16 deep"),
            (&versioned(1, "{", &[]), "not a Python dictionary"),
            (&versioned(1, "\u{7}", &[]), "not a Python dictionary"),
        ];
        for (bytes, reason) in cases {
            let error = read_bytes(bytes).unwrap_err().to_string();
            assert!(error.contains(reason), "{error:?} lacks {reason:?}");
            assert!(!error.contains('\n'));
        }
    }

    #[test]
    fn of_a_key_that_is_there_twice_the_last_counts() {
        let dict = "{'descr': '<f8', 'shape': (9,), 'descr': '|u1', 'fortran_order': False, 'shape': (2,)}";
        let array = read_bytes(&versioned(1, dict, &[7, 8])).unwrap();
        assert_eq!(array, Array::U8(ArrayOf::new(vec![7, 8], &[2]).unwrap()));
    }

    #[test]
    fn a_shape_that_numpy_cannot_load_is_neither_written_nor_read() {
        let refused = |shape: &[usize]| write(&mut Vec::new(), shape, &[] as &[f64]).unwrap_err();
        assert!(refused(&[0, 1 << 62]).to_string().contains("numpy cannot load"));
        assert!(refused(&[0, 1 << 40, 1 << 40]).to_string().contains("numpy cannot load"));
        assert!(write(&mut Vec::new(), &[0, 1 << 59], &[] as &[f64]).is_ok());
        assert!(write(&mut Vec::new(), &[1; 64], &[1.0]).is_ok());
        let error = write(&mut Vec::new(), &[1; 65], &[1.0]).unwrap_err().to_string();
        assert!(error.contains("65 axes, and numpy has 64 at most"), "{error}");
        let shape = "1, ".repeat(2000);
        let dict = format!("{{'descr': '<f8', 'fortran_order': False, 'shape': ({shape})}}");
        let error = read_bytes(&versioned(1, &dict, &[0; 8])).unwrap_err().to_string();
        assert!(error.contains("2000 axes, and numpy has 64 at most"), "{error}");
    }

    #[test]
    fn empty_axes_and_trailing_bytes_are_fine() {
        let empty =
            versioned(1, "{'descr': '<f8', 'fortran_order': False, 'shape': (0, 5), }", &[]);
        assert_eq!(read_bytes(&empty).unwrap().shape(), [0, 5]);
        let trailing =
            versioned(1, "{'descr': '|u1', 'fortran_order': False, 'shape': (), }", &[7, 8, 9]);
        assert_eq!(read_bytes(&trailing).unwrap(), Array::U8(ArrayOf::new(vec![7], &[]).unwrap()));
    }
}
