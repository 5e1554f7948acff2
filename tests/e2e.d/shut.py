"""Shuts the user of this number out of the directory and its results, by an ACL that is inherited, and
all others by its mode."""

import os
import struct
import sys

shut = struct.pack("<I" + 5 * "HHI", 2, 1, 7, 2**32 - 1, 2, 0, int(sys.argv[1]),
                   4, 0, 2**32 - 1, 16, 0, 2**32 - 1, 32, 0, 2**32 - 1)
for name in ["results.csv", "."]:
    os.setxattr(name, "system.posix_acl_access", shut)
os.setxattr(".", "system.posix_acl_default", shut)
os.chmod(".", 0)
