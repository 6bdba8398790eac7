"""Python's zipfile: directory first, native zlib and CRC-32, one entry at a time. Prints what it measured as JSON."""

import json
import resource
import sys
import time
import zipfile


def peak_rss():
    """Bytes. Linux's own figure, since ru_maxrss begins with the memory of whoever started this process."""
    try:
        with open("/proc/self/status") as status:
            return next(int(line.split()[1]) * 1024 for line in status if line.startswith("VmHWM"))
    except OSError:
        unit = 1 if sys.platform == "darwin" else 1024
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit


def read_archive(path):
    entries = size = 0
    with zipfile.ZipFile(path) as archive:
        for info in archive.infolist():
            with archive.open(info) as entry:
                while chunk := entry.read(256 * 1024):
                    size += len(chunk)
            entries += 1
    return entries, size


begin, begin_cpu = time.perf_counter(), time.process_time()
entries, size = read_archive(sys.argv[1])
print(
    json.dumps(
        {
            "entries": entries,
            "bytes": size,
            "seconds": time.perf_counter() - begin,
            "cpu_seconds": time.process_time() - begin_cpu,
            "peak_rss": peak_rss(),
        }
    )
)
