#!/bin/sh
# SPDX-License-Identifier: MIT
# Runs a suite: SUITE own|shared [OPTIONS…]. The shared fixtures may be absent: exit code 77 (skipped).
suite=$1
which=$2
shift 2
here=$(cd "$(dirname "$0")" && pwd)
program=$(dirname "${TESELA_PROGRAM:-$here/../../build/tesela}")/tesela-conformance
shared=${TESELA_SHARED:-$here/../../../shared}
if [ "$which" = own ]; then
    exec "$program" "$suite" "$here/fixtures/$suite" "$@"
fi
if [ ! -d "$shared/conformance/$suite" ]; then
    echo "skipped: no fixtures in $shared/conformance/$suite"
    exit 77
fi
exec "$program" "$suite" "$shared/conformance/$suite" --known "$here/known_failures.txt" "$@"
