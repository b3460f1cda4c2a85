#!/bin/sh
# SPDX-License-Identifier: MIT
# Runs a suite of the shared fixtures; exit code 77 (skipped) where they are absent.
suite=$1
here=$(cd "$(dirname "$0")" && pwd)
program=$(dirname "${TESELA_PROGRAM:-$here/../../build/tesela}")/tesela-conformance
shared=${TESELA_SHARED:-$here/../../../shared}
if [ ! -d "$shared/conformance/$suite" ]; then
    echo "skipped: no fixtures in $shared/conformance/$suite"
    exit 77
fi
exec "$program" "$suite" "$shared/conformance/$suite" --known "$here/known_failures.txt"
