"""Puts the canary into an attribute of what standard input is."""

import os

with open("/data/cohort/canary.txt", "rb") as file:
    os.setxattr(0, "user.carried", file.read())
