//! Figures of arrays and their windows.

use windows_core::{
    Axis, AxisSpec, Border, Const, Edge, Extent, Grid, Layout, View, WindowSpec, Windows,
};

use crate::Figure;
use crate::svg::{CELL, Svg, colour};

const LEFT: f64 = 20.0;

fn at(x: f64, y: f64, row: usize, column: usize) -> (f64, f64) {
    (x + CELL * column as f64, y + CELL * row as f64)
}

/// An array of offsets, so that what a window reads says where it is.
fn offsets(len: usize) -> Vec<usize> {
    (0..len).collect()
}

/// Cells of a matrix, each with its offset, coloured by `class`.
fn matrix(
    svg: &mut Svg,
    (x, y): (f64, f64),
    [rows, columns]: [usize; 2],
    mut class: impl FnMut(usize) -> &'static str,
) {
    for row in 0..rows {
        for column in 0..columns {
            let offset = row * columns + column;
            svg.cell(at(x, y, row, column), class(offset), offset);
        }
    }
}

pub(crate) fn strides() -> Figure {
    let mut svg = Svg::new("A 4 x 4 array and its memory");
    let layout = Layout::<Const<2>>::contiguous([4, 4])?;
    let &[down, right] = layout.strides() else { unreachable!("rank 2") };
    svg.text((LEFT, 30.0), "title", "a 4 x 4 array");
    for row in 0..4 {
        for column in 0..4 {
            let offset = layout.offset([row, column]).ok_or("inside")?;
            svg.cell(at(LEFT, 45.0, row, column), colour(row), offset);
            svg.cell(at(LEFT, 200.0, 0, offset as usize), colour(row), offset);
        }
    }
    let (row, column) = (1, 2);
    let offset = layout.offset([row, column]).ok_or("inside")?;
    svg.rect(at(LEFT, 45.0, row, column), (CELL, CELL), "mark");
    svg.rect(at(LEFT, 200.0, 0, offset as usize), (CELL, CELL), "mark");
    svg.text((LEFT, 190.0), "title", "its memory");
    let x = 160.0;
    svg.text((x, 65.0), "", "shape   (4, 4)");
    svg.text((x, 85.0), "", &format!("strides ({down}, {right})"));
    svg.text((x, 112.0), "quiet", &format!("one row down is {down} elements further,"));
    svg.text((x, 132.0), "quiet", &format!("one column right {right}"));
    let formula = format!("[{row}, {column}] is at {row} * {down} + {column} * {right} = {offset}");
    svg.text((x, 159.0), "", &formula);
    Ok(svg)
}

/// An axis and its windows, one below the other, from a point that is element 0.
fn windows_of(svg: &mut Svg, (x, y): (f64, f64), axis: &Axis) {
    const SIDE: f64 = 22.0;
    let place = |element: isize| x + SIDE * element as f64;
    let (before, after) = (axis.before() as isize, axis.after() as isize);
    let len = axis.len() as isize;
    for element in -before..len + after {
        let class = if (0..len).contains(&element) { "plain" } else { "virtual" };
        svg.rect((place(element), y), (SIDE, SIDE), class);
        if (0..len).contains(&element) {
            let shift = if element < 10 { 7.0 } else { 3.0 };
            svg.text((place(element) + shift, y + 15.5), "quiet", &element.to_string());
        }
    }
    for position in 0..axis.count() {
        let y = y + SIDE + 6.0 + 14.0 * position as f64;
        let taps = axis.taps(position);
        if axis.dilation() > 1 {
            let ends = (axis.element(position, 0), axis.element(position, axis.size() - 1));
            svg.line((place(ends.0), y + 5.0), (place(ends.1), y + 5.0));
        }
        for tap in 0..axis.size() {
            let class = if taps.contains(&tap) { colour(position) } else { "lost" };
            svg.rect((place(axis.element(position, tap)), y), (SIDE, 10.0), class);
        }
    }
}

pub(crate) fn axis() -> Figure {
    let mut svg = Svg::new("Windows along one axis");
    let panels = [
        ("size 3", AxisSpec::new(3)),
        ("size 3, step 2", AxisSpec::new(3).step(2)),
        ("size 3, dilation 2", AxisSpec::new(3).dilation(2)),
        ("size 3, step 2, padding 1:1", AxisSpec::new(3).step(2).padding(1, 1)),
    ];
    for (index, (name, spec)) in panels.into_iter().enumerate() {
        let x = 42.0 + 320.0 * (index % 2) as f64;
        let y = 30.0 + 160.0 * (index / 2) as f64;
        let axis = Axis::new(8, spec)?;
        svg.text((x, y), "title", &format!("{name}: {} windows", axis.count()));
        windows_of(&mut svg, (x, y + 12.0), &axis);
    }
    Ok(svg)
}

fn image_windows<const N: usize>(
    data: &[usize],
    shape: [usize; N],
    spec: WindowSpec<Const<N>>,
) -> Result<Windows<'_, usize, Const<N>>, windows_core::WindowError> {
    View::new(data, shape)?.try_windows(spec)
}

pub(crate) fn grid() -> Figure {
    let mut svg = Svg::new("3 x 3 windows of a 5 x 6 array, and their grid");
    let data = offsets(30);
    let windows = image_windows(&data, [5, 6], WindowSpec::new([3, 3]))?;
    let (first, last) = (windows.nth(0).ok_or("none")?, windows.iter().last().ok_or("none")?);
    let (read_first, read_last) = (first.to_vec(), last.to_vec());
    svg.text((LEFT, 30.0), "title", "a 5 x 6 array");
    matrix(&mut svg, (LEFT, 45.0), [5, 6], |offset| {
        if read_first.contains(&offset) {
            "a"
        } else if read_last.contains(&offset) {
            "b"
        } else {
            "plain"
        }
    });
    let x = 250.0;
    let &[rows, columns] = windows.grid().counts() else { unreachable!("rank 2") };
    svg.text((x, 30.0), "title", &format!("its {rows} x {columns} windows"));
    matrix(&mut svg, (x, 45.0), [rows, columns], |index| {
        if index == first.index() {
            "a"
        } else if index == last.index() {
            "b"
        } else {
            "plain"
        }
    });
    svg.text((x, 150.0), "quiet", "each cell is one window:");
    svg.text((x, 170.0), "quiet", "no element is copied");
    Ok(svg)
}

pub(crate) fn rgb() -> Figure {
    let mut svg = Svg::new("2 x 2 windows of an RGB image");
    let data = offsets(3 * 4 * 3);
    let spec = WindowSpec::of([Extent::Size(2), Extent::Size(2), Extent::Whole]);
    let windows = image_windows(&data, [3, 4, 3], spec)?;
    let window = windows.get([1, 1, 0]).ok_or("inside")?;
    let read = window.to_vec();
    svg.text((LEFT, 30.0), "title", "3 x 4 pixels, RGB, channels innermost: strides (12, 3, 1)");
    for offset in data.iter().copied() {
        let (row, column) = (offset / 12, offset % 12);
        let place = at(LEFT + 6.0 * (column / 3) as f64, 45.0 + 6.0 * row as f64, row, column);
        let class = if read.contains(&offset) { ["b", "c", "a"][offset % 3] } else { "plain" };
        svg.cell(place, class, offset);
    }
    let lanes = window.lanes().count();
    svg.text((LEFT, 172.0), "", &format!("window (1, 1) reads {} elements:", read.len()));
    svg.text(
        (LEFT, 192.0),
        "quiet",
        &format!("{lanes} pixels of 3 channels; pixels side by side are one run of memory"),
    );
    Ok(svg)
}

pub(crate) fn dilation() -> Figure {
    let mut svg = Svg::new("Dilation spreads the taps of a window");
    let data = offsets(49);
    for (panel, dilation) in [1, 2].into_iter().enumerate() {
        let x = LEFT + 230.0 * panel as f64;
        let windows = image_windows(&data, [7, 7], WindowSpec::new([3, 3]).dilation(dilation))?;
        let read = windows.get([1, 1]).ok_or("inside")?.to_vec();
        let field = windows.grid().axes()[0].field();
        svg.text((x, 30.0), "title", &format!("dilation {dilation}: field {field}"));
        let class = |offset| if read.contains(&offset) { colour(panel) } else { "plain" };
        matrix(&mut svg, (x, 45.0), [7, 7], class);
    }
    Ok(svg)
}

pub(crate) fn borders() -> Figure {
    let mut svg = Svg::new("The five borders");
    let borders = [
        ("Constant(x)", Border::Constant('x')),
        ("Replicate", Border::Replicate),
        ("Reflect", Border::Reflect),
        ("Symmetric", Border::Symmetric),
        ("Wrap", Border::Wrap),
    ];
    let data = ['a', 'b', 'c', 'd'];
    for (row, (name, border)) in borders.into_iter().enumerate() {
        let y = 20.0 + 38.0 * row as f64;
        svg.text((LEFT, y + 18.0), "title", name);
        for element in -5..9_isize {
            let read = border.index(element, data.len());
            let class = read.map_or("virtual", colour);
            let x = 140.0 + CELL * (element + 5) as f64;
            svg.cell((x, y), class, read.map_or('x', |element| data[element]));
        }
        svg.rect((140.0 + 5.0 * CELL, y), (4.0 * CELL, CELL), "mark");
    }
    Ok(svg)
}

pub(crate) fn clipped() -> Figure {
    let mut svg = Svg::new("Windows that reach over the border");
    let data = offsets(20);
    let windows = image_windows(&data, [4, 5], WindowSpec::new([3, 3]).padding(1))?;
    let corner = windows.nth(0).ok_or("none")?;
    let (real, taps, missing) = (corner.to_vec(), corner.taps(), corner.missing());
    svg.text((LEFT, 30.0), "title", "window (0, 0) of padding 1");
    for row in 0..6 {
        for column in 0..7 {
            let place = at(LEFT, 45.0, row, column);
            let inside = (1..5).contains(&row) && (1..6).contains(&column);
            if inside {
                let offset = (row - 1) * 5 + column - 1;
                svg.cell(place, if real.contains(&offset) { "a" } else { "plain" }, offset);
            } else {
                svg.rect(place, (CELL, CELL), "virtual");
            }
        }
    }
    for row in 0..3 {
        for column in 0..3 {
            if !taps[0].contains(&row) || !taps[1].contains(&column) {
                svg.rect(at(LEFT, 45.0, row, column), (CELL, CELL), "lost");
            }
        }
    }
    let x = 260.0;
    let &[rows, columns] = windows.grid().counts() else { unreachable!("rank 2") };
    svg.text((x, 30.0), "title", &format!("all {rows} x {columns} windows"));
    for window in windows.iter() {
        let [row, column] = window.position();
        let class = if window.is_whole() { "c" } else { "b" };
        svg.cell(at(x, 45.0, row, column), class, window.iter().count());
    }
    svg.text((x, 182.0), "quiet", "real elements of each;");
    svg.text((x, 202.0), "quiet", "green: whole, never tested");
    let [down, right] = missing;
    svg.text(
        (LEFT, 240.0),
        "",
        &format!("missing: rows {down:?}, columns {right:?}, before and after"),
    );
    Ok(svg)
}

pub(crate) fn edges() -> Figure {
    let mut svg = Svg::new("What happens at the end of an axis");
    for (column, len) in [10, 11].into_iter().enumerate() {
        for (row, edge) in
            [Edge::Drop, Edge::Keep, Edge::Covered, Edge::Ceil, Edge::Snap, Edge::Balance]
                .into_iter()
                .enumerate()
        {
            let axis = Axis::new(len, AxisSpec::new(4).step(3).edge(edge))?;
            let x = LEFT + 350.0 * column as f64;
            let y = 30.0 + 122.0 * row as f64;
            let starts: Vec<isize> = (0..axis.count()).map(|i| axis.start(i)).collect();
            svg.text((x, y), "title", &format!("{}, length {len}", edge.name()));
            let listed = format!("starts {starts:?}");
            svg.text((x + 155.0, y), "quiet", &listed);
            windows_of(&mut svg, (x, y + 10.0), &axis);
        }
    }
    Ok(svg)
}

pub(crate) fn fold() -> Figure {
    let mut svg = Svg::new("Packing, and its adjoint");
    let data = offsets(9);
    let windows = image_windows(&data, [3, 3], WindowSpec::new([2, 2]))?;
    let packed = windows.pack()?;
    let grid: &Grid<Const<2>> = windows.grid();
    let sums = grid.fold(&vec![1_usize; packed.len()])?;
    svg.text((LEFT, 30.0), "title", "a 3 x 3 array");
    matrix(&mut svg, (LEFT, 45.0), [3, 3], |_| "plain");
    svg.text((160.0, 30.0), "title", "pack: a row per window");
    for (index, window) in packed.chunks(windows.window_len()).enumerate() {
        for (tap, offset) in window.iter().enumerate() {
            svg.cell(at(160.0, 45.0, index, tap), colour(index), offset);
        }
    }
    svg.text((370.0, 30.0), "title", "fold of ones");
    for (offset, sum) in sums.iter().enumerate() {
        svg.cell(at(370.0, 45.0, offset / 3, offset % 3), "plain", sum);
    }
    svg.text((370.0, 150.0), "quiet", "in how many windows");
    svg.text((370.0, 168.0), "quiet", "each element is");
    Ok(svg)
}
