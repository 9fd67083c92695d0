//! How the time for everything to everything grows with the network: measured as whole processes, drawn as SVG.

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, ensure};
use plotters::prelude::*;

use crate::generate::three_tier;

/// About how many interfaces are tried.
const SIZES: [usize; 5] = [1_000, 3_000, 10_000, 30_000, 99_996];
/// How often each is run. The least time counts: what else the machine does only adds to it.
const RUNS: usize = 5;
/// The picture's size in pixels.
const PICTURE: (u32, u32) = (720, 440);

/// Interfaces, and the seconds that they took.
pub type Point = (f64, f64);

/// Runs `portcullis matrix` on three-tier networks of growing size.
///
/// # Errors
/// If the program cannot be run or fails, or there is no room for its input.
pub fn measure(portcullis: &Path) -> anyhow::Result<Vec<Point>> {
    let mut points = Vec::new();
    for size in SIZES {
        let folder = tempfile::tempdir()?;
        let export = three_tier(size, 1);
        export.write(folder.path())?;
        let interfaces = export.count("describe-network-interfaces");
        drop(export);
        let mut least = Duration::MAX;
        for _ in 0..RUNS {
            let start = Instant::now();
            let mut command = Command::new(portcullis);
            command.args(["matrix", "--quiet", "--format", "json", "--input"]).arg(folder.path());
            let status = command.stdout(Stdio::null()).status();
            let status = status.with_context(|| format!("{} could not be run", portcullis.display()))?;
            ensure!(status.success(), "{} failed on {interfaces} interfaces", portcullis.display());
            least = least.min(start.elapsed());
        }
        eprintln!("{interfaces} interfaces: {least:.2?}");
        points.push((interfaces as f64, least.as_secs_f64()));
    }
    Ok(points)
}

/// How fast time grows: the slope of the line through the logarithms. 1 is linear.
pub fn exponent(points: &[Point]) -> f64 {
    let logs: Vec<Point> = points.iter().map(|(size, time)| (size.ln(), time.ln())).collect();
    let count = logs.len() as f64;
    let mean = |of: fn(&Point) -> f64| logs.iter().map(of).sum::<f64>() / count;
    let (x, y) = (mean(|point| point.0), mean(|point| point.1));
    let covariance: f64 = logs.iter().map(|point| (point.0 - x) * (point.1 - y)).sum();
    covariance / logs.iter().map(|point| (point.0 - x).powi(2)).sum::<f64>()
}

/// Draws time against size, both by their logarithms, beside a line that grows linearly.
///
/// # Errors
/// If the file cannot be written.
pub fn draw(points: &[Point], file: &Path) -> anyhow::Result<()> {
    let root = SVGBackend::new(file, PICTURE).into_drawing_area();
    root.fill(&WHITE)?;
    let (Some(first), Some(last)) = (points.first(), points.last()) else {
        anyhow::bail!("there is nothing to draw");
    };
    let caption =
        format!("everything to everything: time grows with size to the power of {:.2}", exponent(points));
    let mut chart = ChartBuilder::on(&root)
        .caption(caption, ("sans-serif", 16))
        .margin(12)
        .x_label_area_size(40)
        .y_label_area_size(60)
        .build_cartesian_2d(
            (first.0 * 0.8..last.0 * 1.25).log_scale(),
            (first.1 * 0.5..last.1 * 2.0).log_scale(),
        )?;
    chart
        .configure_mesh()
        .x_desc("interfaces (three tiers), files to JSON")
        .y_desc("seconds")
        .x_label_formatter(&|size| format!("{size:.0}"))
        .y_label_formatter(&|time| format!("{time:.3}"))
        .draw()?;
    let linear = [*last, (first.0, last.1 * first.0 / last.0)];
    chart
        .draw_series(LineSeries::new(linear, BLACK.mix(0.3)))?
        .label("linear")
        .legend(|(x, y)| PathElement::new([(x, y), (x + 18, y)], BLACK.mix(0.3)));
    chart
        .draw_series(LineSeries::new(points.iter().copied(), &BLUE).point_size(3))?
        .label("measured")
        .legend(|(x, y)| PathElement::new([(x, y), (x + 18, y)], BLUE));
    chart.configure_series_labels().border_style(BLACK.mix(0.2)).draw()?;
    root.present()?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_exponent_of_a_power_is_that_power() {
        let points: Vec<Point> =
            SIZES.iter().map(|&size| (size as f64, 3e-6 * (size as f64).powf(1.25))).collect();
        assert!((exponent(&points) - 1.25).abs() < 1e-9);
    }
}
