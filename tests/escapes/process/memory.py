"""Reads the job's memory, /proc/PID/mem."""

from lib import memory_at, write

STOPPED_BY = "namespaces"


def inside(it):
    write("/tmp/address-" + it.name, str(memory_at(it.bytes)))


def beside(it):
    # Where the interpreter keeps it is found by looking at all that is writable.
    with open(f"/proc/{it.pid}/maps", encoding="utf-8") as maps, open(f"/proc/{it.pid}/mem", "rb") as memory:
        for line in maps:
            span, rights = line.split()[:2]
            begin, end = (int(x, 16) for x in span.split("-"))
            if rights.startswith("rw") and end - begin < 1 << 26:
                memory.seek(begin)
                try:
                    text = memory.read(end - begin)
                except OSError:
                    continue
                at = text.find(b"canary-")
                while at >= 0:
                    print(text[at:at + 120])
                    at = text.find(b"canary-", at + 1)
