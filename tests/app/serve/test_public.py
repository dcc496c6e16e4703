"""Which addresses are public: none that IANA has registered for something special, in whatever form it is written."""

import ipaddress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from minicnn.app.serve.public import is_public

# IANA's registries of special-purpose addresses, row by row, and multicast.
SPECIAL = """0.0.0.0/8 0.0.0.0/32 10.0.0.0/8 100.64.0.0/10 127.0.0.0/8 169.254.0.0/16 172.16.0.0/12 192.0.0.0/24
192.0.0.0/29 192.0.0.8/32 192.0.0.9/32 192.0.0.10/32 192.0.0.170/32 192.0.0.171/32 192.0.2.0/24 192.31.196.0/24
192.52.193.0/24 192.88.99.0/24 192.168.0.0/16 192.175.48.0/24 198.18.0.0/15 198.51.100.0/24 203.0.113.0/24
240.0.0.0/4 255.255.255.255/32 224.0.0.0/4""".split()
SPECIAL_6 = """::1/128 ::/128 64:ff9b:1::/48 100::/64 100:0:0:1::/64 2001::/23 2001::/32 2001:1::1/128 2001:1::2/128
2001:1::3/128 2001:2::/48 2001:3::/32 2001:4:112::/48 2001:10::/28 2001:20::/28 2001:30::/28 2001:db8::/32
2620:4f:8000::/48 3fff::/20 5f00::/16 fc00::/7 fe80::/10 ff00::/8""".split()
# What is no longer, or not yet, given out: site-local, IPv4-compatible, all outside 2000::/3.
UNUSED = "fec0::/10 ::/96 ::/8 200::/7 400::/6 4000::/3 6000::/3 8000::/3 a000::/3 c000::/3 e000::/4 f000::/5".split()
# A service that only the machine itself should ask: of Amazon, of Oracle, of Alibaba, of Azure.
METADATA = "169.254.169.254 fd00:ec2::254 192.0.0.192 100.100.100.200 168.63.129.16".split()


def inside(networks):
    """Draw an address of one of these networks."""
    return st.sampled_from(networks).flatmap(lambda network: st.ip_addresses(network=network))


def forms(address):
    """Write an IPv4 address as IPv6 holds it: mapped, NAT64, 6to4; the first two as numbers or with dots."""
    number = int(address)
    for network in ("::ffff:0:0", "64:ff9b::"):
        yield str(ipaddress.IPv6Address(int(ipaddress.IPv6Address(network)) | number))
        yield f"{network.removesuffix('0:0')}{address}"
    yield str(ipaddress.IPv6Address(0x2002 << 112 | number << 80))
    yield str(ipaddress.IPv6Address(0x2002 << 112 | number << 80 | 0x0123_4567_89AB_CDEF_0011))


@given(inside(SPECIAL))
def test_no_special_number_is_public_in_any_form(address):
    for number in (str(address), *forms(address)):
        assert not is_public(number), number


@given(inside(SPECIAL_6))
def test_no_special_number_of_version_6_is_public(address):
    assert not is_public(str(address)) and not is_public(address.exploded) and not is_public(f"{address}%eth0")


@given(inside(UNUSED).filter(lambda address: address not in ipaddress.ip_network("64:ff9b::/96")))
def test_nor_what_is_not_given_out(address):
    assert is_public(str(address)) <= (address.ipv4_mapped is not None)


@given(st.ip_addresses(v=4))
def test_any_other_number_is_in_every_form(address):
    special = any(address in ipaddress.ip_network(network) for network in SPECIAL) or str(address) in METADATA
    for number in (str(address), *forms(address)):
        assert is_public(number) is not special, number


GIVEN_OUT = ["2400::/12", "2600::/13", "2800::/12", "2a00::/12", "2c00::/12"]


@given(inside(GIVEN_OUT))
def test_what_is_given_out_of_version_6_is(address):
    assert is_public(str(address))


@pytest.mark.parametrize("number", METADATA)
def test_no_cloud_tells_its_secrets(number):
    assert not is_public(number)


@pytest.mark.parametrize("number", ["93.184.215.14", "8.8.8.8", "2606:4700:4700::1111", "::ffff:8.8.8.8"])
def test_numbers_of_the_outside_are(number):
    assert is_public(number)
