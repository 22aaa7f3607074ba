# Runs a program and writes what the kernel counted for it, its waited-for children included, to file descriptor 3:
# Node tells a program's own use only. usage: resource-use.py PROGRAM ARGUMENT... 3>FILE
import json
import os
import sys
import time

os.set_inheritable(3, False)
begun = time.monotonic()
pid = os.posix_spawnp(sys.argv[1], sys.argv[1:], os.environ)
_, status, used = os.wait4(pid, 0)
wall = time.monotonic() - begun
with os.fdopen(3, "w") as out:
    json.dump({"wallMs": wall * 1e3, "cpuMs": (used.ru_utime + used.ru_stime) * 1e3, "peakMiB": used.ru_maxrss / 1024}, out)
sys.exit(os.waitstatus_to_exitcode(status) % 256)
