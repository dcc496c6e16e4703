"""Which IP addresses lie in the public internet: a table, since what Python knows differs from version to version.

Source: IANA's registries of special-purpose addresses, for IPv4 and for IPv6 (RFC 6890), and its allocation of IPv6.
"""

import ipaddress

# All that is registered for something special, whether IANA calls it globally reachable or not: no pictures lie there.
SPECIAL: tuple[ipaddress.IPv4Network, ...] = tuple(
    map(
        ipaddress.IPv4Network,
        """0.0.0.0/8 10.0.0.0/8 100.64.0.0/10 127.0.0.0/8 169.254.0.0/16 172.16.0.0/12 192.0.0.0/24 192.0.2.0/24
        192.31.196.0/24 192.52.193.0/24 192.88.99.0/24 192.168.0.0/16 192.175.48.0/24 198.18.0.0/15 198.51.100.0/24
        203.0.113.0/24 224.0.0.0/4 240.0.0.0/4""".split(),
    )
)
# Of a public network, but every machine in a cloud of Azure has its platform there, credentials and all.
AZURE: ipaddress.IPv4Address = ipaddress.IPv4Address("168.63.129.16")
UNICAST: ipaddress.IPv6Network = ipaddress.IPv6Network("2000::/3")  # all that IANA has given out of IPv6
SPECIAL_6: tuple[ipaddress.IPv6Network, ...] = tuple(
    map(ipaddress.IPv6Network, "2001::/23 2001:db8::/32 2620:4f:8000::/48 3fff::/20".split())
)
# What holds an IPv4 address that is spoken to in the end: its network, and how many bits lie after that address.
CARRIERS: tuple[tuple[ipaddress.IPv6Network, int], ...] = (
    (ipaddress.IPv6Network("::ffff:0:0/96"), 0),  # mapped
    (ipaddress.IPv6Network("64:ff9b::/96"), 0),  # NAT64, by which machines without IPv4 reach it
    (ipaddress.IPv6Network("2002::/16"), 80),  # 6to4
)


def is_public(number: str) -> bool:
    """Tell whether an IP address lies in the public internet, and the one that it carries in itself too.

    Parameters
    ----------
    number : str

    Returns
    -------
    public : bool

    Examples
    --------
    >>> [is_public(number) for number in ("8.8.8.8", "10.0.0.1", "::ffff:10.0.0.1", "64:ff9b::a00:1", "fec0::1")]
    [True, False, False, False, False]
    """
    address = ipaddress.ip_address(number.partition("%")[0])
    if isinstance(address, ipaddress.IPv6Address):
        for network, after in CARRIERS:
            if address in network:
                return is_public(str(ipaddress.IPv4Address(int(address) >> after & 0xFFFFFFFF)))
        return address in UNICAST and not any(address in network for network in SPECIAL_6)
    return address != AZURE and not any(address in network for network in SPECIAL)
