"""A folder of what `aws ... describe-*` printed, as Python objects. Only what the clauses need."""

import functools
import ipaddress
import json
import pathlib


@functools.cache
def parsed(text):
    net = ipaddress.ip_network(text, strict=False)
    return net.version, net.prefixlen, int(net.network_address), int(net.broadcast_address)


class Block:
    """A CIDR block, with the host's bits cleared (S1.10, S2.9)."""

    __slots__ = ("family", "low", "high", "length")

    def __init__(self, text):
        self.family, self.length, self.low, self.high = parsed(text)

    def holds(self, family, address):
        return family == self.family and self.low <= address <= self.high

    def match(self, family, term):
        return term.within(self.low, self.high) if family == self.family else "false"


def address(text):
    parsed = ipaddress.ip_address(text)
    return parsed.version, int(parsed)


class Interface:
    def __init__(self, raw):
        self.raw, self.id = raw, raw["NetworkInterfaceId"]
        self.vpc, self.subnet = raw["VpcId"], raw["SubnetId"]
        self.type, self.description = raw.get("InterfaceType", "interface"), raw.get("Description", "")
        self.groups = [group["GroupId"] for group in raw.get("Groups", [])]
        self.check = raw.get("SourceDestCheck", True)
        self.instance = (raw.get("Attachment") or {}).get("InstanceId")
        self.v4 = address(raw["PrivateIpAddress"])[1]
        self.v6 = [address(one["Ipv6Address"])[1] for one in raw.get("Ipv6Addresses", [])]
        self.public = {}
        for private in raw.get("PrivateIpAddresses", []):
            if "Association" in private:
                self.public[address(private["PrivateIpAddress"])[1]] = address(private["Association"]["PublicIp"])[1]

    def address(self, family):
        return self.v4 if family == 4 else (self.v6[0] if self.v6 else None)

    def has(self, family, value):
        return value == self.v4 if family == 4 else value in self.v6


class Export:
    def __init__(self, folder):
        self.folder = pathlib.Path(folder)
        each = self.each
        self.vpcs = {vpc["VpcId"]: vpc for vpc in each("describe-vpcs", "Vpcs")}
        self.subnets = {one["SubnetId"]: one for one in each("describe-subnets", "Subnets")}
        raw = each("describe-network-interfaces", "NetworkInterfaces")
        self.interfaces = {one["NetworkInterfaceId"]: Interface(one) for one in raw}
        reservations = each("describe-instances", "Reservations")
        self.instances = {i["InstanceId"]: i for r in reservations for i in r["Instances"]}
        self.groups = {one["GroupId"]: one for one in each("describe-security-groups", "SecurityGroups")}
        self.tables = each("describe-route-tables", "RouteTables")
        self.acls = each("describe-network-acls", "NetworkAcls")
        self.nats = {one["NatGatewayId"]: one for one in each("describe-nat-gateways", "NatGateways")}
        self.peerings = {
            one["VpcPeeringConnectionId"]: one
            for one in each("describe-vpc-peering-connections", "VpcPeeringConnections")
        }
        self.endpoints = {one["VpcEndpointId"]: one for one in each("describe-vpc-endpoints", "VpcEndpoints")}
        self.internet_gateways = self.attached("describe-internet-gateways", "InternetGateways", "InternetGatewayId")
        self.egress_only = self.attached(
            "describe-egress-only-internet-gateways", "EgressOnlyInternetGateways", "EgressOnlyInternetGatewayId"
        )
        self.private_gateways = self.attached("describe-vpn-gateways", "VpnGateways", "VpnGatewayId", "VpcAttachments")
        self.prefix_lists()
        self.transit()
        self.balancers()
        self.by_address = {}
        for interface in self.interfaces.values():
            self.by_address[4, interface.vpc, interface.v4] = interface
            for value in interface.v6:
                self.by_address[6, interface.vpc, value] = interface
        self.by_public = {
            public: (interface, private)
            for interface in self.interfaces.values()
            for private, public in interface.public.items()
        }

    def file(self, name, key):
        """The list under a key of a file, or nothing if there is no such file."""
        path = self.folder / f"{name}.json"
        return json.loads(path.read_text()).get(key) if path.exists() else None

    def each(self, name, key):
        return self.file(name, key) or []

    def attached(self, name, key, identity, attachments="Attachments"):
        """Gateways by id: the VPCs that they are attached to."""
        live = ("attached", "available")
        return {
            one[identity]: [at["VpcId"] for at in one.get(attachments, []) if at["State"] in live]
            for one in self.each(name, key)
        }

    def prefix_lists(self):
        self.lists, self.aws_blocks = {}, []
        for one in self.each("describe-managed-prefix-lists", "PrefixLists"):
            entries = self.file(f"get-managed-prefix-list-entries/{one['PrefixListId']}", "Entries")
            blocks = None if entries is None else [Block(entry["Cidr"]) for entry in entries]
            self.lists[one["PrefixListId"]] = blocks
            if one["OwnerId"] == "AWS":
                self.aws_blocks += blocks or []

    def transit(self):
        each = self.each
        self.transit_gateways = {
            one["TransitGatewayId"]: one for one in each("describe-transit-gateways", "TransitGateways")
        }
        raw = each("describe-transit-gateway-vpc-attachments", "TransitGatewayVpcAttachments")
        self.attachments = {one["TransitGatewayAttachmentId"]: one for one in raw}
        self.transit_tables, self.associations = {}, {}
        for table in each("describe-transit-gateway-route-tables", "TransitGatewayRouteTables"):
            identity = table["TransitGatewayRouteTableId"]
            self.transit_tables[identity] = self.file(f"search-transit-gateway-routes/{identity}", "Routes")
            for one in each(f"get-transit-gateway-route-table-associations/{identity}", "Associations"):
                if one["State"] == "associated":
                    self.associations[one["TransitGatewayAttachmentId"]] = identity

    def balancers(self):
        each = self.each
        self.load_balancers = {one["LoadBalancerArn"]: one for one in each("elbv2-describe-load-balancers", "LoadBalancers")}
        self.target_groups = {one["TargetGroupArn"]: one for one in each("elbv2-describe-target-groups", "TargetGroups")}
        self.listeners, self.rules, self.health, self.attributes = {}, {}, {}, {}
        for arn in self.load_balancers:
            self.listeners[arn] = self.file(f"elbv2-describe-listeners/{self.name(arn)}", "Listeners")
            self.attributes[arn] = self.pairs("load-balancer", arn)
            for listener in self.listeners[arn] or []:
                own = listener["ListenerArn"]
                self.rules[own] = self.file(f"elbv2-describe-rules/{self.name(own)}", "Rules")
        for arn in self.target_groups:
            self.health[arn] = self.file(
                f"elbv2-describe-target-health/{self.name(arn)}", "TargetHealthDescriptions"
            )
            self.attributes[arn] = self.pairs("target-group", arn)

    def pairs(self, kind, arn):
        listed = self.each(f"elbv2-describe-{kind}-attributes/{self.name(arn)}", "Attributes")
        return {one["Key"]: one["Value"] for one in listed}

    @staticmethod
    def name(arn):
        return arn.split(":")[5].replace("/", "-")

    # What belongs to what.

    def blocks_of(self, vpc, family):
        """The blocks of a VPC (S9.1)."""
        raw = self.vpcs[vpc]
        sets = ("CidrBlockAssociationSet", "CidrBlock", "CidrBlockState"), (
            "Ipv6CidrBlockAssociationSet", "Ipv6CidrBlock", "Ipv6CidrBlockState",
        )
        blocks = [
            Block(one[block])
            for key, block, state in sets
            for one in raw.get(key, [])
            if one[state]["State"] == "associated"
        ]
        return [block for block in blocks if block.family == family]

    def table_of(self, subnet):
        """The table of a subnet, or `None` if it is not in the export (S3.1)."""
        main = None
        for table in self.tables:
            for association in table["Associations"]:
                if association.get("SubnetId") == subnet:
                    return table
                if association.get("Main") and table["VpcId"] == self.subnets[subnet]["VpcId"]:
                    main = table
        return main

    def acl_of(self, subnet):
        """The list of a subnet, or `None` if it is not in the export (S2.1)."""
        for acl in self.acls:
            if any(association["SubnetId"] == subnet for association in acl["Associations"]):
                return acl
        return None

    def balancer_of(self, interface):
        """The load balancer that an interface is a node of."""
        if not interface.description.startswith("ELB "):
            return None
        wanted = "loadbalancer/" + interface.description.removeprefix("ELB ")
        return next((one for arn, one in self.load_balancers.items() if arn.endswith(wanted)), None)

    def endpoint_of(self, interface):
        return next((e for e in self.endpoints.values() if interface.id in e.get("NetworkInterfaceIds", [])), None)

    def zone(self, subnet):
        return self.subnets[subnet]["AvailabilityZone"]

    def public_access(self, subnet):
        """What Block Public Access does at a subnet (S3.47)."""
        raw = self.subnets[subnet]
        states = raw.get("BlockPublicAccessStates") or self.vpcs[raw["VpcId"]].get("BlockPublicAccessStates") or {}
        return states.get("InternetGatewayBlockMode", "off")
