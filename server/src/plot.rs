//! Small plots as SVG: bars week by week, and bars beside each other. The markup is made here, every text in it passes
//! through one escaping function, and colours are classes of the page's style sheet. A table with the same numbers belongs
//! below each plot.

use crate::flow::short_duration;
use crate::plain;

/// The width of a plot in its own units, ten to a point, so that coordinates are whole numbers.
const WIDTH: i64 = 3_600;

const TOP: i64 = 160;
const HEIGHT: i64 = 1_000;
const LEFT: i64 = 480;
const RIGHT: i64 = 40;
const FOOT: i64 = 240;

/// The height of one bar beside others, with the line of text above it.
const LANE: i64 = 340;

/// The most bars of one plot; a period has no more weeks.
const MAX_BARS: usize = 600;

/// The longest text within a plot, in characters.
const MAX_TEXT: usize = 46;

/// What the values of a plot are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scale {
    /// Numbers of things.
    Count,
    /// Seconds.
    Time,
    /// Percent.
    Share,
}

/// One bar.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bar {
    /// What it is of: a day, a stage.
    pub label: String,
    /// How long it is; none where there is nothing to measure.
    pub value: Option<i64>,
    /// A larger value that is marked above it.
    pub mark: Option<i64>,
    /// Whether anything is known of it.
    pub is_known: bool,
}

/// A plot.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plot {
    /// A word that no other plot of the page has: the ids within it begin with it.
    pub id: String,
    /// Its title, for those who do not see it.
    pub title: String,
    /// What it shows in a sentence, for the same.
    pub description: String,
    /// What the values are.
    pub scale: Scale,
    /// The bars, at most 600.
    pub bars: Vec<Bar>,
}

impl Scale {
    /// A value as the plot writes it.
    fn text(self, value: i64) -> String {
        match self {
            Scale::Count => value.to_string(),
            Scale::Time => short_duration(value),
            Scale::Share => format!("{value} %"),
        }
    }

    /// The end of the axis: a round value that is not below the largest one.
    fn end(self, largest: i64) -> i64 {
        const TIMES: [i64; 15] = [
            60, 300, 900, 1_800, 3_600, 7_200, 21_600, 43_200, 86_400, 172_800, 432_000, 864_000, 1_728_000, 4_320_000,
            8_640_000,
        ];
        let round = || {
            let mut end: i64 = 1;
            let mut factors = [2, 5, 10].into_iter().cycle();
            let mut unit: i64 = 1;
            while end < largest {
                let factor = factors.next().unwrap_or(10);
                end = unit.saturating_mul(factor);
                if factor == 10 {
                    unit = unit.saturating_mul(10);
                }
            }
            end
        };
        match self {
            Scale::Count => round(),
            Scale::Time => TIMES.into_iter().find(|end| *end >= largest).unwrap_or(largest),
            Scale::Share => [10, 25, 50, 100].into_iter().find(|end| *end >= largest).unwrap_or(largest),
        }
    }
}

/// Bars that stand side by side, in order of time. What nothing is known of is hatched; a mark is a line above its bar.
pub fn bars(plot: &Plot) -> String {
    let shown: Vec<&Bar> = plot.bars.iter().take(MAX_BARS).collect();
    let largest = shown.iter().filter_map(|bar| bar.mark.max(bar.value)).max().unwrap_or_default();
    let end = plot.scale.end(largest).max(1);
    let bottom = TOP + HEIGHT;
    let mut out = opening(plot, bottom + FOOT);
    for (value, top) in [(0, bottom), (end, TOP)] {
        out.push_str(&format!(
            "<line class=\"plot-rule\" x1=\"{LEFT}\" y1=\"{top}\" x2=\"{}\" y2=\"{top}\"/>\n",
            WIDTH - RIGHT
        ));
        let text = plot.scale.text(value);
        out.push_str(&words("plot-text plot-end", LEFT - 60, top + 35, &text));
    }
    let count = i64::try_from(shown.len()).unwrap_or(1).max(1);
    let room = WIDTH - RIGHT - LEFT;
    for (place, bar) in (0i64..).zip(&shown) {
        let left = LEFT + room * place / count;
        let wide = (LEFT + room * (place + 1) / count - left).max(1);
        let gap = wide / 6;
        out.push_str(&standing(bar, (left + gap, (wide - 2 * gap).max(1)), end));
    }
    if let Some(first) = shown.first() {
        out.push_str(&words("plot-text", LEFT, bottom + 170, &first.label));
    }
    if let Some(last) = shown.last().filter(|_| shown.len() > 1) {
        out.push_str(&words("plot-text plot-end", WIDTH - RIGHT, bottom + 170, &last.label));
    }
    out + "</svg>\n"
}

/// One bar that stands, with its mark.
fn standing(bar: &Bar, (left, wide): (i64, i64), end: i64) -> String {
    let bottom = TOP + HEIGHT;
    if !bar.is_known {
        return format!(
            "<rect class=\"plot-unknown\" x=\"{left}\" y=\"{TOP}\" width=\"{wide}\" height=\"{HEIGHT}\"/>\n"
        );
    }
    let tall = |value: i64| scaled(value, HEIGHT, end);
    let mut out = String::new();
    if let Some(value) = bar.value.filter(|value| *value > 0) {
        let tall = tall(value).max(15);
        let top = bottom - tall;
        out.push_str(&format!(
            "<rect class=\"plot-bar\" x=\"{left}\" y=\"{top}\" width=\"{wide}\" height=\"{tall}\"/>\n"
        ));
    }
    if let Some(mark) = bar.mark.filter(|mark| bar.value.is_some_and(|value| *mark > value)) {
        let top = bottom - tall(mark);
        let right = left + wide;
        out.push_str(&format!("<line class=\"plot-mark\" x1=\"{left}\" y1=\"{top}\" x2=\"{right}\" y2=\"{top}\"/>\n"));
    }
    out
}

/// Bars that lie one below the other, each with its label and its value above it.
pub fn lanes(plot: &Plot) -> String {
    let shown: Vec<&Bar> = plot.bars.iter().take(MAX_BARS).collect();
    let largest = shown.iter().filter_map(|bar| bar.value).max().unwrap_or_default().max(1);
    let count = i64::try_from(shown.len()).unwrap_or(i64::MAX / LANE);
    let mut out = opening(plot, count.saturating_mul(LANE).saturating_add(40));
    for (place, bar) in (0i64..).zip(&shown) {
        let top = place * LANE;
        out.push_str(&words("plot-name", 0, top + 140, &bar.label));
        let value = bar.value.filter(|_| bar.is_known);
        let text = value.map_or_else(|| "unknown".to_owned(), |value| plot.scale.text(value));
        out.push_str(&words("plot-text plot-end", WIDTH, top + 140, &text));
        let top = top + 190;
        out.push_str(&match value {
            Some(value) => {
                let wide = scaled(value, WIDTH, largest).max(15);
                format!("<rect class=\"plot-bar\" x=\"0\" y=\"{top}\" width=\"{wide}\" height=\"90\"/>\n")
            }
            None => {
                format!("<rect class=\"plot-unknown\" x=\"5\" y=\"{top}\" width=\"{}\" height=\"90\"/>\n", WIDTH - 10)
            }
        });
    }
    out + "</svg>\n"
}

/// How long a value is where `end` has the whole length.
fn scaled(value: i64, length: i64, end: i64) -> i64 {
    let scaled = i128::from(value.clamp(0, end)) * i128::from(length) / i128::from(end.max(1));
    i64::try_from(scaled).unwrap_or(length)
}

/// The element itself, and what it is in words.
fn opening(plot: &Plot, height: i64) -> String {
    let id = escape(&plot.id);
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" class=\"plot\" viewBox=\"0 0 {WIDTH} {height}\" role=\"img\" \
         aria-labelledby=\"{id}-title {id}-description\">\n\
         <title id=\"{id}-title\">{}</title>\n<desc id=\"{id}-description\">{}</desc>\n",
        escape(&plot.title),
        escape(&plot.description),
    )
}

fn words(class: &str, left: i64, top: i64, text: &str) -> String {
    let text = escape(&plain::clip(&plain::line(text), MAX_TEXT));
    format!("<text class=\"{class}\" x=\"{left}\" y=\"{top}\">{text}</text>\n")
}

/// The one way in which text comes into a plot: cleaned, then escaped for element content and attributes alike.
fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in plain::line(text).chars() {
        match character {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            other => escaped.push(other),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::{Bar, Plot, Scale, bars, lanes};

    fn bar(label: &str, value: Option<i64>, mark: Option<i64>, is_known: bool) -> Bar {
        Bar { label: label.to_owned(), value, mark, is_known }
    }

    fn plot(scale: Scale, bars: Vec<Bar>) -> Plot {
        let title = "Lead <time> & \"more\"".to_owned();
        Plot { id: "lead-time".to_owned(), title, description: "Week by week.".to_owned(), scale, bars }
    }

    const HEAD: &str = r#" role="img" aria-labelledby="lead-time-title lead-time-description">
<title id="lead-time-title">Lead &lt;time&gt; &amp; &quot;more&quot;</title>
<desc id="lead-time-description">Week by week.</desc>
"#;

    #[test]
    fn bars_stand_by_week_with_marks_and_what_is_unknown() {
        let weeks = vec![
            bar("2 Mar", None, None, false),
            bar("9 Mar", Some(43_200), Some(86_400), true),
            bar("16 Mar", None, None, true),
            bar("23\u{202e} Mar", Some(86_400), Some(86_400), true),
        ];
        let body = r#"<line class="plot-rule" x1="480" y1="1160" x2="3560" y2="1160"/>
<text class="plot-text plot-end" x="420" y="1195">0 s</text>
<line class="plot-rule" x1="480" y1="160" x2="3560" y2="160"/>
<text class="plot-text plot-end" x="420" y="195">24 h</text>
<rect class="plot-unknown" x="608" y="160" width="514" height="1000"/>
<rect class="plot-bar" x="1378" y="660" width="514" height="500"/>
<line class="plot-mark" x1="1378" y1="160" x2="1892" y2="160"/>
<rect class="plot-bar" x="2918" y="160" width="514" height="1000"/>
<text class="plot-text" x="480" y="1330">2 Mar</text>
<text class="plot-text plot-end" x="3560" y="1330">23 Mar</text>
</svg>
"#;
        let start = r#"<svg xmlns="http://www.w3.org/2000/svg" class="plot" viewBox="0 0 3600 1400""#;
        assert_eq!(bars(&plot(Scale::Time, weeks)), format!("{start}{HEAD}{body}"));
    }

    #[test]
    fn lanes_lie_below_each_other_with_their_values() {
        let stages = vec![bar("Built to staging", Some(3_600), None, true), bar("Merged to built", None, None, true)];
        let body = r#"<text class="plot-name" x="0" y="140">Built to staging</text>
<text class="plot-text plot-end" x="3600" y="140">1 h</text>
<rect class="plot-bar" x="0" y="190" width="3600" height="90"/>
<text class="plot-name" x="0" y="480">Merged to built</text>
<text class="plot-text plot-end" x="3600" y="480">unknown</text>
<rect class="plot-unknown" x="5" y="530" width="3590" height="90"/>
</svg>
"#;
        let start = r#"<svg xmlns="http://www.w3.org/2000/svg" class="plot" viewBox="0 0 3600 720""#;
        assert_eq!(lanes(&plot(Scale::Time, stages)), format!("{start}{HEAD}{body}"));
    }

    #[test]
    fn axes_end_at_round_values() {
        for (scale, largest, end) in [
            (Scale::Count, 0, 1),
            (Scale::Count, 2, 2),
            (Scale::Count, 3, 5),
            (Scale::Count, 7, 10),
            (Scale::Count, 11, 20),
            (Scale::Count, 480, 500),
            (Scale::Share, 0, 10),
            (Scale::Share, 60, 100),
            (Scale::Time, 61, 300),
            (Scale::Time, 100_000_000, 100_000_000),
        ] {
            assert_eq!(scale.end(largest), end, "{scale:?} {largest}");
        }
    }

    #[test]
    fn nothing_to_draw_is_drawn_too() {
        let text = bars(&plot(Scale::Count, Vec::new()));
        assert!(text.starts_with("<svg") && text.ends_with("</svg>\n") && !text.contains("plot-bar"), "{text}");
    }
}
