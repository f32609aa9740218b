"""Which addresses may be connected to: the public internet's. Knows no HTTP and no name.

It stands at the connection itself: aiohttp's `socket_factory` sees the very address that is
connected to, on every hop of a redirect, so nothing lies between the check and the use.
"""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Sequence
from typing import Any, TypeAlias

Network: TypeAlias = ipaddress.IPv4Network | ipaddress.IPv6Network
Address: TypeAlias = ipaddress.IPv4Address | ipaddress.IPv6Address

_REFUSED = "is not an address of the public internet"


class PrivateAddress(OSError):  # noqa: N818 - it says what the address is
    """The guard's refusal: the address is not one of the public internet."""


class Guard:
    """Opens the sockets of a fetcher. `allow` lists the networks that are let through."""

    def __init__(self, allow: Sequence[Network] = ()) -> None:
        self._allow = allow

    def open(self, address_info: tuple[Any, ...]) -> socket.socket:
        """Return a new socket for an address. Raises PrivateAddress."""
        family, kind, protocol, _, address = address_info
        if not is_readable(address[0], self._allow):
            raise PrivateAddress(f"{address[0]} {_REFUSED}")
        made = socket.socket(family, kind, protocol)
        made.setblocking(False)  # noqa: FBT003 - the standard library's signature
        return made


def was_refused(error: BaseException) -> bool:
    """Tell whether a failure to connect was the guard's refusal.

    Where a name has several addresses, their failures come as one, whose words hold all of theirs.
    """
    return _REFUSED in str(getattr(error, "os_error", error))  # aiohttp wraps what came


_GLOBAL_UNICAST = ipaddress.ip_network("2000::/3")  # all that IANA gives to the public so far
_NAT64 = ipaddress.ip_network("64:ff9b::/96")  # RFC 6052
_NEVER = tuple(
    ipaddress.ip_network(network)
    for network in (
        "192.0.0.0/24",  # protocol assignments (RFC 6890); Oracle's metadata server is in it
        "192.88.99.0/24",  # the retired 6to4 relays (RFC 7526)
        "168.63.129.16/32",  # Azure's platform address, public in form only
        "3fff::/20",  # documentation (RFC 9637); Python before 3.13 takes it for global
    )
)


def is_readable(address: str, allow: Sequence[Network] = ()) -> bool:
    """Tell whether an IP address may be connected to: public, or in an allowed network.

    An IPv4 address inside an IPv6 one (mapped, 6to4, NAT64) is judged as itself.
    """
    ip = ipaddress.ip_address(address.partition("%")[0])
    if _is_in(ip, allow):
        return True
    inner = _embedded(ip)
    if inner is not None:
        return is_readable(str(inner), allow)
    return _is_public(ip)


def _is_public(ip: Address) -> bool:
    if ip.version == 6 and ip not in _GLOBAL_UNICAST:
        return False
    return ip.is_global and not ip.is_multicast and not _is_in(ip, _NEVER)


def _is_in(ip: Address, networks: Sequence[Network]) -> bool:
    return any(ip in network for network in networks if network.version == ip.version)


def _embedded(ip: Address) -> ipaddress.IPv4Address | None:
    if isinstance(ip, ipaddress.IPv4Address):
        return None
    if ip in _NAT64:
        return ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF)
    return ip.ipv4_mapped or ip.sixtofour
