//! Just enough SVG for cells, bars and labels, in light and dark.

use std::fmt::{Display, Write};

/// Side of a cell.
pub(crate) const CELL: f64 = 28.0;

/// Width of a character. Text is stretched to it, so that bars fit it in any font.
pub(crate) const GLYPH: f64 = 7.8;

const STYLE: &str = "text{font:13px \"DejaVu Sans Mono\",Menlo,Consolas,monospace;fill:#111827}\
.title{font-weight:bold}.quiet{fill:#4b5563}.bg{fill:#ffffff}\
.plain{fill:#f3f4f6;stroke:#9ca3af}.virtual{fill:none;stroke:#9ca3af;stroke-dasharray:3 2}\
.a{fill:#bfdbfe;stroke:#2563eb}.b{fill:#fed7aa;stroke:#ea580c}\
.c{fill:#bbf7d0;stroke:#16a34a}.d{fill:#e9d5ff;stroke:#9333ea}\
.lost{fill:none;stroke:#ea580c;stroke-width:2;stroke-dasharray:3 2}\
.mark{fill:none;stroke:#111827;stroke-width:2.5}.line{fill:none;stroke:#6b7280}\
.curve{fill:none;stroke-width:2}";

const DARK: &str = "text{fill:#e5e7eb}.quiet{fill:#9ca3af}.bg{fill:#0d1117}\
.plain{fill:#1f2937;stroke:#6b7280}.virtual{stroke:#6b7280}\
.a{fill:#1e3a8a;stroke:#60a5fa}.b{fill:#7c2d12;stroke:#fb923c}\
.c{fill:#14532d;stroke:#4ade80}.d{fill:#581c87;stroke:#c084fc}\
.lost{stroke:#fb923c}.mark{stroke:#f9fafb}.line{stroke:#9ca3af}.curve{fill:none}";

/// The four colours of windows, in turn.
pub(crate) fn colour(index: usize) -> &'static str {
    ["a", "b", "c", "d"][index % 4]
}

/// A picture that grows with what is drawn on it.
pub(crate) struct Svg {
    title: &'static str,
    width: f64,
    height: f64,
    body: String,
}

impl Svg {
    pub(crate) fn new(title: &'static str) -> Self {
        Self { title, width: 0.0, height: 0.0, body: String::new() }
    }

    fn draw(&mut self, element: impl Display) {
        writeln!(self.body, "{element}").expect("a string takes all");
    }

    fn reach(&mut self, x: f64, y: f64) {
        self.width = self.width.max(x);
        self.height = self.height.max(y);
    }

    pub(crate) fn rect(&mut self, (x, y): (f64, f64), (width, height): (f64, f64), class: &str) {
        self.reach(x + width, y + height);
        self.draw(format_args!(
            r#"<rect x="{x}" y="{y}" width="{width}" height="{height}" class="{class}"/>"#
        ));
    }

    /// Text that starts at a point on its base line.
    pub(crate) fn text(&mut self, (x, y): (f64, f64), class: &str, text: &str) {
        let width = GLYPH * text.chars().count() as f64;
        self.reach(x + width, y + 4.0);
        let text = text.replace('&', "&amp;").replace('<', "&lt;");
        self.draw(format_args!(
            r#"<text x="{x}" y="{y}" class="{class}" textLength="{width:.1}" xml:space="preserve">{text}</text>"#
        ));
    }

    /// A square with something in it.
    pub(crate) fn cell(&mut self, (x, y): (f64, f64), class: &str, text: impl Display) {
        self.rect((x, y), (CELL, CELL), class);
        let (x, y) = (x + CELL / 2.0, y + CELL / 2.0 + 4.5);
        self.draw(format_args!(r#"<text x="{x}" y="{y}" text-anchor="middle">{text}</text>"#));
    }

    pub(crate) fn curve(&mut self, points: &[(f64, f64)], class: &str) {
        let points: Vec<String> = points.iter().map(|(x, y)| format!("{x:.1},{y:.1}")).collect();
        self.draw(format_args!(
            r#"<polyline points="{}" class="{class} curve" style="fill:none"/>"#,
            points.join(" ")
        ));
    }

    pub(crate) fn line(&mut self, from: (f64, f64), to: (f64, f64)) {
        let ((x1, y1), (x2, y2)) = (from, to);
        self.draw(format_args!(r#"<line x1="{x1}" y1="{y1}" x2="{x2}" y2="{y2}" class="line"/>"#));
    }

    pub(crate) fn render(&self) -> String {
        let (width, height) = (self.width.ceil() + 20.0, self.height.ceil() + 20.0);
        let (title, body) = (self.title, &self.body);
        format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\" \
             width=\"{width}\" height=\"{height}\" role=\"img\">\n<title>{title}</title>\n<style>{STYLE}\n\
             @media (prefers-color-scheme:dark){{{DARK}}}</style>\n\
             <rect width=\"{width}\" height=\"{height}\" rx=\"8\" class=\"bg\"/>\n{body}</svg>\n"
        )
    }
}
