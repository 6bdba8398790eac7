"""Python's zipfile over a temporary file, and boto3's transfers. Prints what it measured as JSON.

Takes the URL of the S3, the bucket, the key of the archive, the prefix of the objects, and how many entries at a time.
"""

import json
import resource
import sys
import tempfile
import time
import zipfile
from concurrent.futures import ThreadPoolExecutor

import boto3
from boto3.s3.transfer import TransferConfig
from botocore.config import Config


def peak_rss():
    """Bytes. Linux's own figure, since ru_maxrss begins with the memory of whoever started this process."""
    try:
        with open("/proc/self/status") as status:
            return next(int(line.split()[1]) * 1024 for line in status if line.startswith("VmHWM"))
    except OSError:
        unit = 1 if sys.platform == "darwin" else 1024
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit


def upload_archive(s3, bucket, key, prefix, concurrency):
    with tempfile.TemporaryFile() as file:
        s3.download_fileobj(bucket, key, file)
        with zipfile.ZipFile(file) as archive:

            def upload(info):
                # Where entries have threads of their own, further ones for each pay only if there are parts to send.
                config = TransferConfig()
                config.use_threads = concurrency == 1 or info.file_size >= config.multipart_threshold
                with archive.open(info) as entry:
                    s3.upload_fileobj(entry, bucket, f"{prefix}/{info.filename}", Config=config)

            if concurrency == 1:
                for info in archive.infolist():
                    upload(info)
            else:
                with ThreadPoolExecutor(concurrency) as pool:
                    list(pool.map(upload, archive.infolist()))


url, bucket, key, prefix, concurrency = sys.argv[1:]
# With fewer connections than threads it would open a new one for most requests.
s3 = boto3.client("s3", endpoint_url=url, config=Config(max_pool_connections=max(10, int(concurrency))))
begin, begin_cpu = time.perf_counter(), time.process_time()
upload_archive(s3, bucket, key, prefix, int(concurrency))
print(
    json.dumps(
        {
            "seconds": time.perf_counter() - begin,
            "cpu_seconds": time.process_time() - begin_cpu,
            "peak_rss": peak_rss(),
        }
    )
)
