"""Who asks: the client's address and network, believing proxies only where the setting names them (D-46)."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Any

from django.conf import settings

from chengxin.common import asgi
from chengxin.common.asgi import Scope

ADDRESS = "chengxin.address"
Network = ipaddress.IPv4Network | ipaddress.IPv6Network


@lru_cache(maxsize=8)
def _networks(named: tuple[str, ...]) -> tuple[Network, ...]:
    return tuple(ipaddress.ip_network(name, strict=False) for name in named)


def _inside(text: str, networks: Iterable[Network]) -> bool:
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return False
    return any(address in network for network in networks)


def address(environ: Mapping[str, Any]) -> str:
    """Return the address of who sent a WSGI request."""
    return believed(str(environ.get("REMOTE_ADDR") or ""), forwarded=str(environ.get("HTTP_X_FORWARDED_FOR", "")))


def address_of(scope: Scope) -> str:
    """Return the address of who sent an ASGI request; worked out once a request."""
    if ADDRESS not in scope:
        nearest = str(scope["client"][0]) if scope.get("client") else ""
        forwarded = b",".join(asgi.headers(scope, b"x-forwarded-for")).decode("latin-1")
        scope[ADDRESS] = believed(nearest, forwarded=forwarded) if forwarded else nearest
    return str(scope[ADDRESS])


def believed(nearest: str, *, forwarded: str) -> str:
    """Return the socket's address, or what the nearest untrusted hop of X-Forwarded-For is."""
    trusted = _networks(tuple(settings.TRUSTED_PROXIES))
    if not trusted or not _inside(nearest, trusted):
        return nearest
    hops = [hop.strip() for hop in forwarded.split(",") if hop.strip()]
    for hop in reversed(hops):
        if not _inside(hop, trusted):
            return hop
    return hops[0] if hops else nearest


@lru_cache(maxsize=4096)
def network(text: str) -> str:
    """Return the /24 or /48 of an address: what logs and network limits see."""
    try:
        parsed = ipaddress.ip_address(text)
    except ValueError:
        return "unknown"
    if isinstance(parsed, ipaddress.IPv6Address) and parsed.ipv4_mapped:
        parsed = parsed.ipv4_mapped
    return str(ipaddress.ip_network((parsed, 24 if parsed.version == 4 else 48), strict=False))


def is_loopback(text: str) -> bool:
    """Say whether an address or host name is this machine's loopback."""
    if text in {"localhost", ""}:
        return text == "localhost"
    try:
        return ipaddress.ip_address(text.strip("[]")).is_loopback
    except ValueError:
        return False
