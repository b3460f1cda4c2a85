#!/bin/sh
# SPDX-License-Identifier: MIT
# Runs a suite of the shared fixtures; exit code 77 (skipped) where they are absent.
program=$1
suite=$2
here=$(cd "$(dirname "$0")" && pwd)
shared=${TESELA_SHARED:-$here/../../../shared}
if [ ! -d "$shared/conformance/$suite" ]; then
    echo "skipped: no fixtures in $shared/conformance/$suite"
    exit 77
fi
exec "$program" "$suite" "$shared/conformance/$suite" --known "$here/known_failures.txt"
