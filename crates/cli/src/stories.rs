//! The stories of `portcullis demo`: some of the scenarios, embedded with what AWS would have printed for them.

/// A story and the questions that tell it.
pub(crate) struct Story {
    /// Its name, and the folder of its exports.
    pub(crate) name: &'static str,
    pub(crate) title: &'static str,
    pub(crate) text: &'static str,
    /// What to ask. The tour asks the first only.
    pub(crate) questions: &'static [Asked],
    pub(crate) exports: &'static [Export],
}

/// A question about an export.
pub(crate) struct Asked {
    pub(crate) export: &'static str,
    pub(crate) question: &'static str,
}

/// A folder of answers of AWS.
pub(crate) struct Export {
    pub(crate) name: &'static str,
    /// Names and contents of its files.
    pub(crate) files: &'static [(&'static str, &'static str)],
}

const fn asked(export: &'static str, question: &'static str) -> Asked {
    Asked { export, question }
}

/// The files of one export of a scenario. All of them answer the same calls.
macro_rules! export {
    ($story:literal, $name:literal) => {
        Export {
            name: $name,
            files: export!(
                $story, $name: "describe-instances", "describe-internet-gateways", "describe-network-acls",
                "describe-network-interfaces", "describe-route-tables", "describe-security-group-rules",
                "describe-security-groups", "describe-subnets", "describe-vpcs"
            ),
        }
    };
    ($story:literal, $name:literal: $($call:literal),*) => {
        &[$((
            concat!($call, ".json"),
            include_str!(concat!("../../../scenarios/", $story, "/", $name, "/", $call, ".json")),
        )),*]
    };
}

/// The stories in the order of the tour.
pub(crate) const STORIES: &[Story] = &[
    Story {
        name: "diagram-a",
        title: "one web server behind both layers",
        text: "A client picks a port for itself and asks port 80; the answer goes back to the client's port. The\n\
               security group remembers the request and lets the answer out without a rule. The network ACL remembers\n\
               nothing, so its outbound list must name the clients' ports: 1024-65535.",
        questions: &[asked("export", "internet -> web-1:80"), asked("export", "web-1 -> internet:443")],
        exports: &[export!("diagram-a", "export")],
    },
    Story {
        name: "diagram-a-beginner",
        title: "port 80 is open on both lists, and the page does not load",
        text: "The same server, but the outbound list opens port 80 as well, since \"the web is port 80\". The answer\n\
               comes from port 80, but it goes to the port that the client picked.",
        questions: &[asked("export", "internet -> web-1:80"), asked("export", "web-1 -> internet:80")],
        exports: &[export!("diagram-a-beginner", "export")],
    },
    Story {
        name: "forum-yum",
        title: "`yum update` hangs, but the web site works",
        text: "A question that forums know well: the group lets everything out, the list lets 443 out, and downloads\n\
               hang. A server that downloads is a client. The answer comes in to a high port, which the list denies.",
        questions: &[
            asked("export-broken", "web-1 -> internet:443"),
            asked("export-broken", "internet -> web-1:443"),
            asked("export-mended", "web-1 -> internet:443"),
        ],
        exports: &[export!("forum-yum", "export-broken"), export!("forum-yum", "export-mended")],
    },
    Story {
        name: "sometimes-hangs",
        title: "some connections hang, the next one works",
        text: "Clients pick another port each time, and each system picks from another range. A list that opens only a\n\
               part of the ports drops the answers to the rest: it works on one machine and hangs on another.",
        questions: &[
            asked("out-49152-65535", "app-1 -> web-1:80"),
            asked("out-49152-65535", "win-1 -> web-1:80"),
            asked("out-32768-61000", "win-1 -> web-1:80"),
        ],
        exports: &[
            export!("sometimes-hangs", "out-49152-65535"),
            export!("sometimes-hangs", "out-32768-61000"),
        ],
    },
    Story {
        name: "two-tier",
        title: "the web servers cannot reach their own database",
        text: "A recipe, followed word by word: 443 from the world to the web servers, 3306 from their group to the\n\
               database, and no outbound rule in either group, so that nothing can start a connection to the outside.\n\
               But a web server is a client too: of its database.",
        questions: &[asked("export", "web-1 -> db-1:mysql"), asked("export", "internet -> web-1:443")],
        exports: &[export!("two-tier", "export")],
    },
    Story {
        name: "two-tier-corrected",
        title: "the same two tiers with one rule more",
        text: "One outbound rule in the group of the web servers: tcp 3306 to the group of the database. They still\n\
               cannot start a connection to anything else.",
        questions: &[asked("export", "web-1 -> db-1:mysql"), asked("export", "web-1 -> internet:443")],
        exports: &[export!("two-tier-corrected", "export")],
    },
];
