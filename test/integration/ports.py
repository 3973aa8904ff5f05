# SPDX-License-Identifier: Apache-2.0
"""Where a server of a test listens."""
import socket


def free_port(host="127.0.0.1"):
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as s:
        s.bind((host, 0))
        return s.getsockname()[1]
