// What the kernel alone takes for the machines of a lab: namespaces, each with a name, a link to one fabric, an address and
// a route, made on two threads with nothing else between the calls. No rules, no plan, no state.
//
//     cc -O2 -pthread -o lab-floor benches/lab-floor.c && sudo ./lab-floor 10000
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/if.h>
#include <linux/if_link.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <linux/veth.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define OWN "/proc/thread-self/ns/net"
enum { THREADS = 2, LOOPBACK = 1, ETH0 = 2, FIRST = 100000 };

struct message {
    struct nlmsghdr header;
    char body[1024];
};

static int machines, fabric;

static void must(int done, const char *what) {
    if (!done) {
        perror(what);
        exit(1);
    }
}

static void *tail(struct message *m) { return (char *)m + NLMSG_ALIGN(m->header.nlmsg_len); }

static struct rtattr *attribute(struct message *m, int type, const void *data, int length) {
    struct rtattr *at = tail(m);
    at->rta_type = type;
    at->rta_len = RTA_LENGTH(length);
    if (length) memcpy(RTA_DATA(at), data, length);
    m->header.nlmsg_len = NLMSG_ALIGN(m->header.nlmsg_len) + RTA_ALIGN(at->rta_len);
    return at;
}

static struct rtattr *nest(struct message *m, int type) { return attribute(m, type, NULL, 0); }
static void end(struct message *m, struct rtattr *at) { at->rta_len = (char *)tail(m) - (char *)at; }

static void *begin(struct message *m, int type, int length, int flags) {
    memset(m, 0, sizeof *m);
    m->header.nlmsg_type = type;
    m->header.nlmsg_len = NLMSG_LENGTH(length);
    m->header.nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK | flags;
    return NLMSG_DATA(&m->header);
}

static int netlink(void) {
    int s = socket(AF_NETLINK, SOCK_RAW, NETLINK_ROUTE);
    struct sockaddr_nl address = {.nl_family = AF_NETLINK};
    must(s >= 0 && bind(s, (void *)&address, sizeof address) == 0, "netlink");
    return s;
}

static void tell(int s, struct message *m, const char *what) {
    char answer[4096];
    must(send(s, m, m->header.nlmsg_len, 0) >= 0 && recv(s, answer, sizeof answer, 0) > 0, what);
    errno = -((struct nlmsgerr *)NLMSG_DATA((struct nlmsghdr *)answer))->error;
    must(errno == 0, what);
}

static void end_of_link(struct message *m, const char *name) {
    const char address[6] = {2, 0, 0, 0, 0, 1};
    const int one = 1;
    attribute(m, IFLA_IFNAME, name, strlen(name) + 1);
    attribute(m, IFLA_ADDRESS, address, sizeof address);
    attribute(m, IFLA_NUM_TX_QUEUES, &one, sizeof one);
    attribute(m, IFLA_NUM_RX_QUEUES, &one, sizeof one);
}

static void link_to(int s, int machine, int namespace) {
    struct message m;
    char name[16];
    snprintf(name, sizeof name, "e%d", machine + 1);
    struct ifinfomsg *here = begin(&m, RTM_NEWLINK, sizeof *here, NLM_F_CREATE | NLM_F_EXCL);
    here->ifi_index = FIRST + machine;
    here->ifi_flags = here->ifi_change = IFF_UP | IFF_NOARP;
    end_of_link(&m, name);
    struct rtattr *info = nest(&m, IFLA_LINKINFO);
    attribute(&m, IFLA_INFO_KIND, "veth", 5);
    struct rtattr *data = nest(&m, IFLA_INFO_DATA), *peer = nest(&m, VETH_INFO_PEER);
    struct ifinfomsg *there = tail(&m);
    there->ifi_index = ETH0;
    there->ifi_flags = there->ifi_change = IFF_NOARP;
    m.header.nlmsg_len = NLMSG_ALIGN(m.header.nlmsg_len) + sizeof *there;
    end_of_link(&m, "eth0");
    attribute(&m, IFLA_NET_NS_FD, &namespace, sizeof namespace);
    end(&m, peer), end(&m, data), end(&m, info);
    tell(s, &m, "link");
}

static void set_up(int s, int link) {
    struct message m;
    struct ifinfomsg *info = begin(&m, RTM_NEWLINK, sizeof *info, 0);
    info->ifi_index = link;
    info->ifi_flags = info->ifi_change = IFF_UP;
    tell(s, &m, "up");
}

static void without_own_address(int s) {
    struct message m;
    const char none = IN6_ADDR_GEN_MODE_NONE;
    struct ifinfomsg *info = begin(&m, RTM_NEWLINK, sizeof *info, 0);
    info->ifi_index = ETH0;
    struct rtattr *families = nest(&m, IFLA_AF_SPEC), *ipv6 = nest(&m, AF_INET6);
    attribute(&m, IFLA_INET6_ADDR_GEN_MODE, &none, sizeof none);
    end(&m, ipv6), end(&m, families);
    tell(s, &m, "addresses");
}

static void address_and_route(int s, int machine) {
    struct message m;
    const int link = ETH0;
    const unsigned own = htonl(0x0a000004 + machine);
    struct ifaddrmsg *address = begin(&m, RTM_NEWADDR, sizeof *address, NLM_F_CREATE | NLM_F_EXCL);
    address->ifa_family = AF_INET;
    address->ifa_prefixlen = 32;
    address->ifa_index = link;
    attribute(&m, IFA_LOCAL, &own, sizeof own);
    attribute(&m, IFA_ADDRESS, &own, sizeof own);
    tell(s, &m, "address");
    struct rtmsg *route = begin(&m, RTM_NEWROUTE, sizeof *route, NLM_F_CREATE | NLM_F_EXCL);
    route->rtm_family = AF_INET;
    route->rtm_table = RT_TABLE_MAIN;
    route->rtm_protocol = RTPROT_STATIC;
    route->rtm_scope = RT_SCOPE_LINK;
    route->rtm_type = RTN_UNICAST;
    attribute(&m, RTA_OIF, &link, sizeof link);
    tell(s, &m, "route");
}

static const char *place(int machine) {
    static _Thread_local char path[64];
    snprintf(path, sizeof path, "/run/netns/floor-%d", machine);
    return path;
}

static void *work(void *part) {
    int first = (int)(long)part * (machines / THREADS);
    must(setns(fabric, CLONE_NEWNET) == 0, "setns");
    int in_fabric = netlink();
    for (int machine = first; machine < first + machines / THREADS; machine++) {
        must(unshare(CLONE_NEWNET) == 0, "unshare");
        must(mount(OWN, place(machine), NULL, MS_BIND, NULL) == 0, "mount");
        int own = open(OWN, O_RDONLY), here = netlink();
        link_to(in_fabric, machine, own);
        without_own_address(here);
        set_up(here, ETH0), set_up(here, LOOPBACK);
        address_and_route(here, machine);
        close(here), close(own);
    }
    return NULL;
}

int main(int count, char **arguments) {
    machines = count > 1 ? atoi(arguments[1]) : 1000;
    mkdir("/run/netns", 0755);
    for (int machine = 0; machine < machines; machine++) {
        int file = open(place(machine), O_CREAT | O_EXCL, 0600);
        must(file >= 0, place(machine));
        close(file);
    }
    must(unshare(CLONE_NEWNET) == 0, "unshare");
    int ipv6 = open("/proc/sys/net/ipv6/conf/all/disable_ipv6", O_WRONLY);
    must(write(ipv6, "1", 1) == 1, "disable_ipv6");
    fabric = open(OWN, O_RDONLY);
    struct timespec from, to;
    pthread_t threads[THREADS];
    clock_gettime(CLOCK_MONOTONIC, &from);
    for (long part = 0; part < THREADS; part++) pthread_create(&threads[part], NULL, work, (void *)part);
    for (int part = 0; part < THREADS; part++) pthread_join(threads[part], NULL);
    clock_gettime(CLOCK_MONOTONIC, &to);
    printf("%d machines: %.2f s\n", machines, to.tv_sec - from.tv_sec + (to.tv_nsec - from.tv_nsec) / 1e9);
    for (int machine = 0; machine < machines; machine++) umount2(place(machine), MNT_DETACH), unlink(place(machine));
}
