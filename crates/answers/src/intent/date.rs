//! Days, as `until:` writes them. No clock: who asks says which day it is.

use std::fmt;
use std::str::FromStr;

/// A day of the Gregorian calendar; later days are greater.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Date {
    year: u16,
    month: u8,
    day: u8,
}

impl Date {
    /// A day, if there is such a one.
    pub fn new(year: u16, month: u8, day: u8) -> Option<Date> {
        let leap = year.is_multiple_of(4) && !year.is_multiple_of(100) || year.is_multiple_of(400);
        let days = match month {
            1 | 3 | 5 | 7 | 8 | 10 | 12 => 31,
            4 | 6 | 9 | 11 => 30,
            2 if leap => 29,
            2 => 28,
            _ => return None,
        };
        (1..=days).contains(&day).then_some(Date { year, month, day })
    }

    /// The day of a moment, in UTC, by the seconds since 1970-01-01.
    pub fn of_unix_seconds(seconds: u64) -> Date {
        // Days in cycles of 400 years that begin on the first of March, so that the leap day is the last of a year.
        const CYCLE: u64 = 146_097;
        let days = seconds / 86_400 + 719_468;
        let (cycle, day) = (days / CYCLE, days % CYCLE);
        let year = (day - day / 1_460 + day / 36_524 - day / 146_096) / 365;
        let of_year = day - (365 * year + year / 4 - year / 100);
        let shifted = (5 * of_year + 2) / 153;
        let day = of_year - (153 * shifted + 2) / 5 + 1;
        let month = if shifted < 10 { shifted + 3 } else { shifted - 9 };
        let year = cycle * 400 + year + u64::from(month <= 2);
        Date {
            year: u16::try_from(year).unwrap_or(u16::MAX),
            month: u8::try_from(month).unwrap_or(12),
            day: u8::try_from(day).unwrap_or(31),
        }
    }

    /// The beginning of the day in UTC, in seconds since 1970-01-01; `None` for days before.
    pub fn unix_seconds(self) -> Option<u64> {
        // As above: years that begin on the first of March.
        let Date { year, month, day } = self;
        let (year, month) =
            (u64::from(year).checked_sub(u64::from(month <= 2))?, (u64::from(month) + 9) % 12);
        let of_year = (153 * month + 2) / 5 + u64::from(day) - 1;
        let days = year * 365 + year / 4 - year / 100 + year / 400 + of_year;
        days.checked_sub(719_468)?.checked_mul(86_400)
    }
}

/// A text that is no day.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("expected a day such as 2027-01-31")]
pub struct NoDate;

impl FromStr for Date {
    type Err = NoDate;

    fn from_str(text: &str) -> Result<Date, NoDate> {
        let mut parts = text.split('-');
        let mut part = |digits: usize| {
            let part = parts.next().filter(|part| part.len() == digits)?;
            part.chars().all(|c| c.is_ascii_digit()).then(|| part.parse::<u16>().ok())?
        };
        let (year, month, day) = (part(4), part(2), part(2));
        let date = year.zip(month).zip(day).and_then(|((year, month), day)| {
            Date::new(year, u8::try_from(month).ok()?, u8::try_from(day).ok()?)
        });
        date.filter(|_| parts.next().is_none()).ok_or(NoDate)
    }
}

impl fmt::Display for Date {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}-{:02}-{:02}", self.year, self.month, self.day)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_that_exist() {
        for text in ["2027-01-31", "2024-02-29", "2000-02-29"] {
            assert_eq!(text.parse::<Date>().unwrap().to_string(), text);
        }
        for text in
            ["2027-02-29", "1900-02-29", "2027-13-01", "2027-1-1", "2027-01-00", "2027-01-01-01", "soon", ""]
        {
            assert_eq!(text.parse::<Date>(), Err(NoDate), "{text}");
        }
        assert!("2027-01-31".parse::<Date>().unwrap() < "2027-02-01".parse::<Date>().unwrap());
    }

    #[test]
    fn days_of_moments() {
        for (seconds, day) in [
            (0, "1970-01-01"),
            (86_399, "1970-01-01"),
            (951_782_400, "2000-02-29"),
            (951_868_800, "2000-03-01"),
            (1_798_761_599, "2026-12-31"),
        ] {
            assert_eq!(Date::of_unix_seconds(seconds).to_string(), day);
            assert_eq!(day.parse::<Date>().unwrap().unix_seconds(), Some(seconds / 86_400 * 86_400));
        }
    }
}
