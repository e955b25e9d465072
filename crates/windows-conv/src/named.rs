//! Kernels for pictures, by their usual names.

use std::str::FromStr;

/// A well-known small kernel. All are applied as cross-correlation.
///
/// # Example
/// ```
/// use windows_conv::NamedKernel;
///
/// let sobel: NamedKernel = "sobel-x".parse().unwrap();
/// let (size, weights) = sobel.weights();
/// assert_eq!((size, &weights[..3]), (3, &[-1.0, 0.0, 1.0][..]));
///
/// let (size, weights) = "gauss:1.5".parse::<NamedKernel>().unwrap().weights();
/// assert_eq!(size, 13);
/// assert!((weights.iter().sum::<f64>() - 1.0).abs() < 1e-12);
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub enum NamedKernel {
    /// Difference along rows, smoothed down columns: positive where it gets brighter to the right.
    SobelX,
    /// Difference down columns, smoothed along rows.
    SobelY,
    /// Sum of the second differences: the four neighbours less four times the centre.
    Laplace,
    /// The picture less its Laplacian.
    Sharpen,
    /// A normal distribution of this standard deviation, cut at four of them and normalised, as
    /// `scipy.ndimage.gaussian_filter`.
    Gauss(f64),
    /// The mean of a square of this side.
    Box(usize),
}

/// The longest side of a kernel that is made: longer ones are blurs for a separable filter.
const LONGEST: usize = 1001;

impl NamedKernel {
    /// Side of the square, and its weights row by row.
    #[must_use]
    pub fn weights(&self) -> (usize, Vec<f64>) {
        let three = |weights: [i8; 9]| (3, weights.map(f64::from).to_vec());
        match *self {
            Self::SobelX => three([-1, 0, 1, -2, 0, 2, -1, 0, 1]),
            Self::SobelY => three([-1, -2, -1, 0, 0, 0, 1, 2, 1]),
            Self::Laplace => three([0, 1, 0, 1, -4, 1, 0, 1, 0]),
            Self::Sharpen => three([0, -1, 0, -1, 5, -1, 0, -1, 0]),
            Self::Box(side) => (side, vec![1.0 / (side * side) as f64; side * side]),
            Self::Gauss(sigma) => {
                let radius = radius(sigma) as i64;
                let density = |x: i64| (-0.5 * (x as f64 / sigma).powi(2)).exp();
                let sum: f64 = (-radius..=radius).map(density).sum();
                let row: Vec<f64> = (-radius..=radius).map(|x| density(x) / sum).collect();
                (row.len(), row.iter().flat_map(|a| row.iter().map(move |b| a * b)).collect())
            }
        }
    }
}

fn radius(sigma: f64) -> usize {
    (4.0 * sigma + 0.5) as usize
}

impl FromStr for NamedKernel {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (name, value) = match text.split_once(':') {
            Some((name, value)) => (name, Some(value.trim())),
            None => (text, None),
        };
        match (name, value) {
            ("sobel-x", None) => Ok(Self::SobelX),
            ("sobel-y", None) => Ok(Self::SobelY),
            ("laplace", None) => Ok(Self::Laplace),
            ("sharpen", None) => Ok(Self::Sharpen),
            ("gauss", Some(value)) => match value.parse::<f64>() {
                Ok(sigma) if sigma > 0.0 && 2.0 * (4.0 * sigma) + 2.0 < LONGEST as f64 => {
                    Ok(Self::Gauss(sigma))
                }
                _ => Err(format!("gauss:{value}: a standard deviation is above 0 and below 124")),
            },
            ("box", Some(value)) => match value.parse::<usize>() {
                Ok(side) if (1..=LONGEST).contains(&side) => Ok(Self::Box(side)),
                _ => Err(format!("box:{value}: a side is 1 to {LONGEST}")),
            },
            _ => Err(format!(
                "'{text}' is not one of sobel-x, sobel-y, laplace, sharpen, gauss:SIGMA, box:N"
            )),
        }
    }
}
