//! Trace as a picture (SVG).

use std::fmt::{self, Display, Write as _};

use chrono::TimeDelta;

use super::lanes::Lane;
use super::marks::{Kind, Mark, marks};
use super::text::{clock, pause};
use crate::judge::Finding;
use crate::trace::{Ended, Step};

const WIDTH: f64 = 1800.0;
const LEFT: f64 = 170.0;
const ROW: f64 = 44.0;
/// Height above the lanes of a band, for labels.
const HEAD: f64 = 120.0;
const TITLE: f64 = 76.0;
const STEP: f64 = 20.0;
/// Additional width of a pause, and of a mark with a label.
const PAUSE: f64 = 46.0;
const LABEL: f64 = 18.0;
/// Most characters of a label.
const LONGEST: usize = 30;

const STYLE: &str = "text{font:12px sans-serif;fill:#222}.lane{stroke:#ddd}.name{text-anchor:end;fill:#444}\
.call{stroke:#b8b8b8}.own{stroke:#0b57d0;stroke-width:2}.dot{fill:#b8b8b8}.dot.own{fill:#0b57d0}\
.bad{fill:none;stroke:#c5221f;stroke-width:2}.never{fill:#fff;stroke:#c5221f;stroke-width:2}\
.fault{fill:#c5221f}.kill{stroke:#c5221f;stroke-width:4}.event{fill:#8a5a00}.life{fill:#137333}\
.pause{stroke:#999;stroke-dasharray:3 4}.time{fill:#777;font-size:11px}.finding{stroke:#c5221f;stroke-width:2}\
.found{fill:#c5221f;font-weight:bold}.title{font-size:16px;font-weight:bold}";

/// Text in XML.
struct Escaped<'a>(&'a str);

impl Display for Escaped<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.chars().try_for_each(|c| match c {
            '&' => f.write_str("&amp;"),
            '<' => f.write_str("&lt;"),
            '>' => f.write_str("&gt;"),
            '"' => f.write_str("&quot;"),
            '\'' => f.write_str("&#39;"),
            // Not permitted in XML 1.0, not even escaped.
            c if c.is_control() => f.write_char(' '),
            c => f.write_char(c),
        })
    }
}

/// Returns the picture: time from left to right, a lane for each replica and party, and the shipment of the finding in
/// colour. Long traces continue below.
pub fn svg(steps: &[Step], finding: Option<&Finding>) -> String {
    let marks = marks(steps, finding);
    let mut picture = Picture { lanes: Lane::all(steps), body: String::new(), band: 0, x: LEFT };
    picture.title(finding);
    picture.lanes();
    let begin = marks.first().map(|mark| mark.at);
    let mut last = begin;
    for mark in &marks {
        if let (Some(begin), Some(before)) = (begin, last) {
            picture.advance(mark, mark.at - before, mark.at - begin);
        }
        last = Some(mark.at);
        picture.mark(mark);
    }
    picture.finish()
}

struct Picture {
    lanes: Vec<Lane>,
    body: String,
    band: usize,
    x: f64,
}

impl Picture {
    fn height(&self) -> f64 {
        HEAD + ROW * self.lanes.len() as f64 + 30.0
    }

    fn top(&self) -> f64 {
        TITLE + self.height() * self.band as f64
    }

    fn y(&self, lane: Lane) -> f64 {
        let number = self.lanes.iter().position(|known| *known == lane).unwrap_or(0);
        self.top() + HEAD + ROW * number as f64
    }

    fn title(&mut self, finding: Option<&Finding>) {
        let title = finding.map_or_else(|| "nothing was found".to_owned(), ToString::to_string);
        let _ = write!(self.body, r#"<text class="title" x="14" y="26">{}</text>"#, Escaped(&title));
        let shipment = finding.and_then(|finding| finding.shipment).map(|id| format!("blue: shipment {id} · "));
        let legend = format!(
            "{}red triangle: injected fault · cross: failed · hollow: never returned · thick red bar: killed",
            shipment.unwrap_or_default()
        );
        let _ = write!(self.body, r#"<text x="14" y="48">{}</text>"#, Escaped(&legend));
    }

    fn lanes(&mut self) {
        for lane in self.lanes.clone() {
            let y = self.y(lane);
            let (name, end) = (lane.name(), WIDTH - 10.0);
            let _ = write!(self.body, r#"<line class="lane" x1="{LEFT}" y1="{y}" x2="{end}" y2="{y}"/>"#);
            let _ = write!(
                self.body,
                r#"<text class="name" x="{}" y="{}">{}</text>"#,
                LEFT - 10.0,
                y + 4.0,
                Escaped(&name)
            );
        }
    }

    /// Moves to the place of the next mark, and shows the time if some has passed.
    fn advance(&mut self, mark: &Mark, passed: TimeDelta, since: TimeDelta) {
        let is_pause = passed >= TimeDelta::minutes(1);
        let needed = STEP + if is_pause { PAUSE } else { 0.0 } + if has_label(mark) { LABEL } else { 0.0 };
        if self.x + needed > WIDTH - 130.0 {
            self.band += 1;
            self.x = LEFT;
            self.lanes();
        }
        self.x += STEP + if has_label(mark) { LABEL } else { 0.0 };
        if !is_pause && self.x > LEFT + STEP + LABEL {
            return;
        }
        let (top, bottom) = (self.y(Lane::Life) - 12.0, self.top() + self.height() - 44.0);
        if is_pause {
            let x = self.x;
            let _ = write!(self.body, r#"<line class="pause" x1="{x}" y1="{top}" x2="{x}" y2="{bottom}"/>"#);
            let later = format!("+{}", pause(passed));
            let _ = write!(self.body, r#"<text class="time" x="{}" y="{}">{later}</text>"#, x + 3.0, bottom);
            self.x += PAUSE;
        }
        let (x, y) = (self.x - 8.0, bottom + 16.0);
        let _ = write!(self.body, r#"<text class="time" x="{x}" y="{y}">{}</text>"#, clock(since));
    }

    fn mark(&mut self, mark: &Mark) {
        let (x, y) = (self.x, self.y(mark.lane));
        let own = if mark.own { " own" } else { "" };
        let _ = write!(self.body, "<g><title>{}</title>", Escaped(&mark.line()));
        match &mark.kind {
            Kind::Calls { from, ended, fault, count, .. } => {
                if let Some(from) = from {
                    let y1 = self.y(*from);
                    let _ = write!(self.body, r#"<line class="call{own}" x1="{x}" y1="{y1}" x2="{x}" y2="{y}"/>"#);
                    let _ = write!(self.body, r#"<circle class="dot{own}" cx="{x}" cy="{y1}" r="2.5"/>"#);
                }
                self.end_of_call(x, y, own, *ended, *count);
                if let Some(fault) = fault {
                    let points = format!("{},{} {},{} {x},{}", x - 6.0, y - 18.0, x + 6.0, y - 18.0, y - 7.0);
                    let _ = write!(self.body, r#"<polygon class="fault" points="{points}"/>"#);
                    self.label(x, &format!("{}: {fault}", first_name(mark)), "fault");
                }
            }
            Kind::Replica(text) => {
                let class = if text == "killed" { "kill" } else { "call own" };
                let (y1, y2) = (y - 13.0, y + 13.0);
                let _ = write!(self.body, r#"<line class="{class}" x1="{x}" y1="{y1}" x2="{x}" y2="{y2}"/>"#);
                self.label(x, &format!("{} {text}", mark.lane.name()), "event");
            }
            Kind::Life(text) => {
                let _ = write!(self.body, r#"<circle class="life" cx="{x}" cy="{y}" r="5"/>"#);
                self.label(x, text, "life");
            }
            Kind::Finding(text) => {
                let bottom = self.y(Lane::Store);
                let _ = write!(self.body, r#"<line class="finding" x1="{x}" y1="{y}" x2="{x}" y2="{bottom}"/>"#);
                self.label(x, text, "found");
            }
        }
        self.body.push_str("</g>\n");
    }

    fn end_of_call(&mut self, x: f64, y: f64, own: &str, ended: Ended, count: usize) {
        match ended {
            Ended::Answered => {
                let _ = write!(self.body, r#"<circle class="dot{own}" cx="{x}" cy="{y}" r="4"/>"#);
            }
            Ended::Failed => {
                let (a, b, c, d) = (x - 5.0, y - 5.0, x + 5.0, y + 5.0);
                let _ = write!(self.body, r#"<path class="bad" d="M{a} {b}L{c} {d}M{a} {d}L{c} {b}"/>"#);
            }
            Ended::Never => {
                let _ = write!(self.body, r#"<circle class="never" cx="{x}" cy="{y}" r="5"/>"#);
            }
        }
        if count > 1 {
            let _ = write!(self.body, r#"<text class="time" x="{}" y="{}">{count}</text>"#, x + 5.0, y + 14.0);
        }
    }

    /// Writes a label above the lanes, at an angle.
    fn label(&mut self, x: f64, text: &str, class: &str) {
        let short: String = match text.chars().count() > LONGEST {
            true => text.chars().take(LONGEST - 1).chain(['…']).collect(),
            false => text.to_owned(),
        };
        let y = self.y(Lane::Life) - 12.0;
        let (x, turned) = (x + 2.0, format!("rotate(-40 {} {y})", x + 2.0));
        let _ = write!(
            self.body,
            r#"<text class="{class}" x="{x}" y="{y}" transform="{turned}">{}</text>"#,
            Escaped(&short)
        );
    }

    fn finish(self) -> String {
        let height = self.top() + self.height();
        format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{WIDTH}\" height=\"{height}\" \
             viewBox=\"0 0 {WIDTH} {height}\">\n<style>{STYLE}</style>\n\
             <rect width=\"100%\" height=\"100%\" fill=\"#fff\"/>\n{}</svg>\n",
            self.body
        )
    }
}

fn has_label(mark: &Mark) -> bool {
    !matches!(mark.kind, Kind::Calls { fault: None, .. })
}

fn first_name(mark: &Mark) -> &str {
    match &mark.kind {
        Kind::Calls { names, .. } => names.first().map_or("", String::as_str),
        _ => "",
    }
}

#[cfg(test)]
mod tests {
    use keyferry_testkit::outside::Call;

    use super::*;
    use crate::judge::Harm;
    use crate::trace::{Fault, ReplicaEvent, What};

    fn step(seconds: i64, replica: Option<usize>, what: What) -> Step {
        let at = "2026-06-01T12:00:00Z".parse::<keyferry_domain::Timestamp>().unwrap() + TimeDelta::seconds(seconds);
        Step { at, replica, shipment: None, what }
    }

    #[test]
    fn picture_is_well_formed_whatever_the_texts_are() {
        let hostile = "<script>\"'&\u{1}\u{8}</svg>";
        let finding = Finding { harm: Harm::Lost, shipment: None, text: hostile.into() };
        let fault = Some(Fault { number: 1, what: "<refused> & 'lost'" });
        let steps = vec![
            step(0, None, What::Life(hostile.into())),
            step(1, Some(0), What::Call { call: Call::Order, fault, ended: Ended::Never }),
            step(900, Some(1), What::Replica(ReplicaEvent::Killed)),
            step(901, None, What::Finding(finding.clone())),
        ];
        let picture = svg(&steps, Some(&finding));
        assert!(!picture.contains("<script>") && !picture.contains('\u{1}'));
        let opened = picture.matches("<g>").count();
        assert_eq!((opened, picture.matches("</svg>").count()), (picture.matches("</g>").count(), 1));
        assert!(picture.contains("+14 min") && picture.contains("replica 1 killed"));
        assert!(super::super::text(&steps, Some(&finding)).contains("replica 0 -> delivery service: Order: never"));
    }

    #[test]
    fn calls_that_follow_each_other_are_one_mark() {
        let id = keyferry_domain::ShipmentId::parse("019e830e-1a00-7e55-b2fb-eea293f80bc9");
        let call = |seconds, call| Step {
            shipment: id,
            ..step(seconds, Some(0), What::Call { call, fault: None, ended: Ended::Answered })
        };
        let poll = step(0, Some(0), What::Call { call: Call::TakeLease, fault: None, ended: Ended::Answered });
        let steps = [call(0, Call::Get), poll, call(0, Call::Claim), call(1, Call::Get), call(2, Call::Status)];
        let marks = marks(&steps, None);
        let lines: Vec<_> = marks.iter().map(Mark::line).collect();
        assert_eq!(lines, ["Get, Claim (3 calls)", "Status"]);
    }
}
