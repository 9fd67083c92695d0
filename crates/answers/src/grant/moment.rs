//! Moments, as `portcullis:expires=` writes them: UTC, to the second. No clock: who asks says what time it is.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use crate::intent::Date;

/// A moment; later ones are greater.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Moment(u64);

impl Moment {
    /// By the seconds since 1970-01-01 in UTC.
    pub fn of_unix_seconds(seconds: u64) -> Moment {
        Moment(seconds)
    }

    /// Its day, in UTC.
    pub fn day(self) -> Date {
        Date::of_unix_seconds(self.0)
    }

    /// A later moment; `None` where that is beyond what can be written, the year 9999.
    pub fn after(self, time: Duration) -> Option<Moment> {
        let last = Date::new(9999, 12, 31)?.unix_seconds()?;
        self.0.checked_add(time.as_secs()).filter(|seconds| *seconds <= last).map(Moment)
    }
}

/// The beginning of a day, in UTC; of one before 1970, that of 1970.
impl From<Date> for Moment {
    fn from(day: Date) -> Moment {
        Moment(day.unix_seconds().unwrap_or_default())
    }
}

/// A text that is no moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("expected a moment in UTC such as 2026-11-21T14:00:00Z")]
pub struct NoMoment;

impl FromStr for Moment {
    type Err = NoMoment;

    fn from_str(text: &str) -> Result<Moment, NoMoment> {
        let read = || {
            let (day, time) = text.split_once('T')?;
            let mut parts = time.strip_suffix('Z')?.split(':');
            let mut part = |limit: u64| {
                let part = parts.next().filter(|part| part.len() == 2)?;
                part.chars()
                    .all(|c| c.is_ascii_digit())
                    .then(|| part.parse::<u64>().ok())?
                    .filter(|n| *n < limit)
            };
            let (hours, minutes, seconds) = (part(24)?, part(60)?, part(60)?);
            let day = day.parse::<Date>().ok()?.unix_seconds()?;
            parts.next().is_none().then_some(Moment(day + hours * 3_600 + minutes * 60 + seconds))
        };
        read().ok_or(NoMoment)
    }
}

impl fmt::Display for Moment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (day, rest) = (Date::of_unix_seconds(self.0), self.0 % 86_400);
        write!(f, "{day}T{:02}:{:02}:{:02}Z", rest / 3_600, rest / 60 % 60, rest % 60)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_reads_back() {
        for text in ["1970-01-01T00:00:00Z", "2026-11-21T14:00:00Z", "2024-02-29T23:59:59Z"] {
            assert_eq!(text.parse::<Moment>().unwrap().to_string(), text);
        }
        for text in [
            "2026-11-21",
            "2026-11-21T24:00:00Z",
            "2026-11-21T14:00:00",
            "2026-11-21T14:0:00Z",
            "1969-12-31T00:00:00Z",
            "",
        ] {
            assert_eq!(text.parse::<Moment>(), Err(NoMoment), "{text}");
        }
        let noon: Moment = "2026-12-31T12:00:00Z".parse().unwrap();
        let later = noon.after(Duration::from_secs(43_200)).unwrap();
        assert_eq!(later.to_string(), "2027-01-01T00:00:00Z");
        assert_eq!(noon.after(Duration::from_secs(u64::MAX)), None);
    }
}
