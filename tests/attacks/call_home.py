"""Makes a socket of any family: internet, local, virtual machine, netlink, packet."""

import socket


def attack(marker, folder, python_path):
    made = []
    for family in (
        "AF_INET",
        "AF_INET6",
        "AF_UNIX",
        "AF_VSOCK",
        "AF_NETLINK",
        "AF_PACKET",
        "AF_ALG",
    ):
        kind = socket.SOCK_RAW if family in ("AF_NETLINK", "AF_PACKET") else socket.SOCK_STREAM
        try:
            socket.socket(getattr(socket, family), kind).close()
            made.append(family)
        except OSError:
            continue
    if not made:
        raise ConnectionError("no socket at all")
    return made
