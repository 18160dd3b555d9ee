#!/usr/bin/env python3
"""Writes zones.tsv: which time zones a number's leading digits may lie in.

Source: Google's libphonenumber (resources/timezones/map_data.txt) as packed in the PyPI package `phonenumbers`,
module `phonenumbers.tzdata`. Both are under the Apache License 2.0, (C) The Libphonenumber Authors.

    pip install phonenumbers==9.0.43
    python3 src/words/phone/make_zones.py > src/words/phone/zones.tsv

One line a prefix (calling code first), sorted; a tab; the zones, sorted, joined by `&`.
A prefix whose zones are those of the longer-known prefix above it is left out.
"""

import sys

import phonenumbers
from phonenumbers.tzdata import TIMEZONE_DATA


def inherited(prefix):
    """What the table would say of this prefix if it were left out."""
    for length in range(len(prefix) - 1, 0, -1):
        zones = TIMEZONE_DATA.get(prefix[:length])
        if zones:
            return tuple(sorted(set(zones)))
    return None


def main():
    out = sys.stdout
    out.write("# Zones by leading digits: libphonenumber %s, Apache-2.0. Made by make_zones.py; do not edit.\n"
              % phonenumbers.__version__)
    for prefix in sorted(TIMEZONE_DATA):
        zones = tuple(sorted(set(TIMEZONE_DATA[prefix])))
        if zones and zones != inherited(prefix):
            out.write("%s\t%s\n" % (prefix, "&".join(zones)))


main()
