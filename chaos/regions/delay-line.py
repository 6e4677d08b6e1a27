#!/usr/bin/env python3
"""Long lines between network namespaces: what goes in at one end comes out at the other so much later.

usage: delay-line.py ONE_WAY_MS DEVICE NAMESPACE=ADDRESS NAMESPACE=ADDRESS ...

Each two of the namespaces are joined by a pair of TUN devices, DEVICE0, DEVICE1, ... Packets of one way stay in order.
Standard input takes a JSON object a line, {"cut": [["FROM", "TO"], ...]}: packets of these ways are dropped from now on,
those of all others pass. Each line is answered by what was counted so far, {"FROM>TO": {"passed": 1, "dropped": 0}, ...}.
It prints "ready" when the lines are there, and ends when its input does.
"""
import collections, fcntl, itertools, json, os, select, struct, subprocess, sys, time

TUNSETIFF = 0x400454CA
IFF_TUN, IFF_NO_PI = 0x0001, 0x1000
MAX_PACKET = 65536
READS_AT_ONCE = 256
MAX_UNDER_WAY = 50_000  # beyond it packets are dropped, as any line's queue does


def open_end(device, namespace, address, peer):
    """A device of `namespace` whose other side is the file descriptor that is returned."""
    fd = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK)
    fcntl.ioctl(fd, TUNSETIFF, struct.pack("16sH22x", device.encode(), IFF_TUN | IFF_NO_PI))
    for arguments in (
        ["link", "set", device, "netns", namespace],
        ["-n", namespace, "addr", "add", address, "peer", peer, "dev", device],
        ["-n", namespace, "link", "set", device, "up", "txqueuelen", "5000"],
    ):
        subprocess.check_call(["ip", *arguments])
    return fd


class Way:
    def __init__(self, source, target, out):
        self.name, self.ends, self.out = f"{source}>{target}", (source, target), out
        self.passed = self.dropped = 0


def open_lines(device, places):
    ways, number = {}, itertools.count()
    for (a, address_a), (b, address_b) in itertools.combinations(places, 2):
        end_a = open_end(f"{device}{next(number)}", a, address_a, address_b)
        end_b = open_end(f"{device}{next(number)}", b, address_b, address_a)
        ways[end_a], ways[end_b] = Way(a, b, end_b), Way(b, a, end_a)
    return ways


def read_all(fd):
    for _ in range(READS_AT_ONCE):
        try:
            yield os.read(fd, MAX_PACKET)
        except BlockingIOError:
            return


def deliver(out, packet):
    try:
        os.write(out, packet)
    except OSError:
        pass  # the receiver's own queue is full, or its end is gone


def carry(ways, delay):
    under_way, cut, orders = collections.deque(), set(), b""
    while True:
        wait = max(0.0, under_way[0][0] - time.monotonic()) if under_way else None
        for fd in select.select([0, *ways], [], [], wait)[0]:
            if fd == 0:
                text = os.read(0, MAX_PACKET)
                if not text:
                    return
                *lines, orders = (orders + text).split(b"\n")
                for line in lines:
                    cut = {tuple(way) for way in json.loads(line)["cut"]}
                    print(json.dumps({way.name: {"passed": way.passed, "dropped": way.dropped} for way in ways.values()}), flush=True)
                continue
            way = ways[fd]
            for packet in read_all(fd):
                if way.ends in cut or len(under_way) >= MAX_UNDER_WAY:
                    way.dropped += 1
                else:
                    way.passed += 1
                    under_way.append((time.monotonic() + delay, way.out, packet))
        now = time.monotonic()
        while under_way and under_way[0][0] <= now:
            _, out, packet = under_way.popleft()
            deliver(out, packet)


if __name__ == "__main__":
    one_way_ms, device, *places = sys.argv[1:]
    lines = open_lines(device, [tuple(place.split("=")) for place in places])
    print("ready", flush=True)
    carry(lines, float(one_way_ms) / 1000)
