//! Blocks of addresses, canonical as AWS stores them.

use ipnet::{IpNet, Ipv4Net, Ipv6Net};

use crate::object::{Object, Value, shown};

/// The family that a field takes.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Family {
    V4,
    V6,
    Either,
}

impl Value<'_> {
    /// A block; host bits are cleared with a warning (S1.10, S2.9), the wrong family is an error.
    pub(crate) fn cidr(self, family: Family) -> Option<IpNet> {
        let block = match family {
            Family::V4 => IpNet::V4(self.parsed::<Ipv4Net>("an IPv4 block such as `10.0.0.0/16`")?),
            Family::V6 => IpNet::V6(self.parsed::<Ipv6Net>("an IPv6 block such as `2001:db8::/32`")?),
            Family::Either => self.parsed("a block such as `10.0.0.0/16`")?,
        };
        if let IpNet::V6(block) = block
            && block.addr().to_ipv4_mapped().is_some()
            && block.prefix_len() >= 96
        {
            // S1.13: it would match no packet, and whoever wrote it meant another block.
            self.error(format!("`{block}` is an IPv4 address written as IPv6, which matches nothing"));
            return None;
        }
        let canonical = block.trunc();
        if canonical != block {
            let text = self.text().unwrap_or_default();
            let key = self.key;
            self.warning(format!(
                "`{key}` `{}` has bits behind the prefix; read as `{canonical}`",
                shown(text)
            ));
        }
        Some(canonical)
    }
}

impl Object<'_> {
    pub(crate) fn cidr(self, key: &'static str, family: Family) -> Option<IpNet> {
        self.get(key)?.cidr(family)
    }

    pub(crate) fn required_cidr(self, key: &'static str, family: Family) -> Option<IpNet> {
        self.required_text(key)?;
        self.cidr(key, family)
    }
}
