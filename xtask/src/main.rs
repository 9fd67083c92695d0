//! `cargo xtask`.

use std::path::PathBuf;
use std::time::Instant;

use clap::{Args, Parser, Subcommand};
use xtask::generate::{alike, random, realistic, three_tier};
use xtask::growth;

/// Tools for working on portcullis.
#[derive(Parser)]
#[command(name = "cargo xtask")]
struct Arguments {
    #[command(subcommand)]
    task: Task,
}

#[derive(Subcommand)]
enum Task {
    /// Writes a made-up network as the AWS CLI would print it.
    #[command(subcommand)]
    Generate(Network),
    /// Measures how the time for everything to everything grows with the network, and draws it.
    Growth {
        /// The program to measure: build it with `--release` first.
        #[arg(long, value_name = "FILE", default_value = "target/release/portcullis")]
        portcullis: PathBuf,
        /// The picture to write.
        #[arg(short, long, value_name = "FILE", default_value = "benches/growth.svg")]
        output: PathBuf,
    },
}

#[derive(Subcommand)]
enum Network {
    /// Services of 12 interfaces: 4 web, 4 app, 4 db, chained by references to groups.
    ThreeTier(Size),
    /// VPCs with everything that accounts of some age have.
    Realistic(Size),
    /// A few interfaces, and over the seeds everything that is modelled: to hold answers against others' answers.
    Random(Seed),
    /// VPCs around a transit gateway that are all but alike: for what is answered once for many.
    Alike(Seed),
}

#[derive(Args)]
struct Seed {
    /// The same seed gives the same bytes.
    #[arg(long, value_name = "S", default_value_t = 1)]
    seed: u64,
    /// The folder to write to. Files of the same names are replaced.
    #[arg(short, long, value_name = "DIR")]
    output: PathBuf,
}

#[derive(Args)]
struct Size {
    /// How many network interfaces. Three tiers have the next multiple of 12 below.
    #[arg(long, value_name = "N", default_value_t = 12_000)]
    interfaces: usize,
    /// The same seed gives the same bytes.
    #[arg(long, value_name = "S", default_value_t = 1)]
    seed: u64,
    /// The folder to write to. Files of the same names are replaced.
    #[arg(short, long, value_name = "DIR")]
    output: PathBuf,
}

fn main() -> anyhow::Result<()> {
    match Arguments::parse().task {
        Task::Generate(network) => generate(network),
        Task::Growth { portcullis, output } => {
            let points = growth::measure(&portcullis)?;
            growth::draw(&points, &output)?;
            eprintln!("time grows with size to the power of {:.2}", growth::exponent(&points));
            Ok(())
        }
    }
}

fn generate(network: Network) -> anyhow::Result<()> {
    let start = Instant::now();
    let (export, output) = match network {
        Network::ThreeTier(size) => (three_tier(size.interfaces, size.seed), size.output),
        Network::Realistic(size) => (realistic(size.interfaces, size.seed), size.output),
        Network::Random(network) => (random(network.seed), network.output),
        Network::Alike(network) => (alike(network.seed), network.output),
    };
    let bytes = export.write(&output)?;
    eprintln!(
        "{} interfaces, {} files, {:.1} MB in {:.2?}",
        export.count("describe-network-interfaces"),
        export.files().count(),
        bytes as f64 / 1e6,
        start.elapsed()
    );
    Ok(())
}
