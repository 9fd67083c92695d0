//! `AutoScalingGroup`, and what its instances will be started from.

use crate::{Id, Origin, Tags};

/// A group of instances that come and go (S4.18, S4.19).
/// <https://docs.aws.amazon.com/autoscaling/ec2/APIReference/API_AutoScalingGroup.html>
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AutoScalingGroup {
    /// Its ARN, or its name where the answer has no ARN.
    pub id: Id,
    /// Its name.
    pub name: Option<String>,
    /// The subnets that it may start instances in (`VPCZoneIdentifier`).
    pub subnets: Vec<Id>,
    /// Its instances.
    pub instances: Vec<Id>,
    /// The target groups that its instances are registered with (`TargetGroupARNs`).
    pub target_groups: Vec<Id>,
    /// The Classic Load Balancers that its instances are registered with, by name.
    pub load_balancers: Vec<Id>,
    /// What it starts instances from.
    pub launch: Option<Launch>,
    /// The tags.
    pub tags: Tags,
    /// Where it was written.
    pub origin: Origin,
}

/// What an Auto Scaling group starts instances from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Launch {
    /// A version of a launch template.
    Template {
        /// `lt-…`, where the answer has it.
        id: Option<Id>,
        /// Its name, where the answer has it.
        name: Option<Id>,
        /// The version: a number, `$Latest` or `$Default`; none is the default version.
        version: Option<Id>,
    },
    /// A launch configuration, by its name.
    Configuration(Id),
}

/// The part of a launch template's version, or of a launch configuration, that says which groups new instances get.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LaunchTemplate {
    /// The template's id and the version's number, as `lt-1:7`; a launch configuration's name.
    pub id: Id,
    /// The template's id; a launch configuration has none.
    pub template: Option<Id>,
    /// The name of the template or configuration.
    pub name: Option<String>,
    /// The number of the version.
    pub version: Option<u32>,
    /// Whether it is the template's default version.
    pub is_default: bool,
    /// The security groups of a new instance's primary interface, by id or by name; none: the VPC's default group.
    pub groups: Vec<Id>,
    /// The tags.
    pub tags: Tags,
    /// Where it was written.
    pub origin: Origin,
}
