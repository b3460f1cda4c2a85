# SPDX-License-Identifier: MIT
"""clang-tidy with the checks of .clang-tidy finds nothing in src/. The path-sensitive ones, which take half of the time, only
with TESELA_LONG=1 in the environment."""

import concurrent.futures
import os
import shutil
import subprocess
import unittest

from tree import ROOT, SRC, sources

PACKAGES = ["gdal", "proj", "libpng", "libjpeg", "libwebp", "libmicrohttpd", "spatialite", "sqlite3", "freetype2", "harfbuzz",
            "fribidi", "fontconfig", "libdeflate", "jansson", "libzip", "libxxhash", "icu-i18n", "libcrypto", "libxml-2.0",
            "libseccomp", "librsvg-2.0"]
LATE = ["GDAL", "SPATIALITE", "PROJ", "RSVG", "LIBXML2"]  # cmake/late.cmake


def flags():
    run = subprocess.run(["pkg-config", "--cflags", *PACKAGES], capture_output=True, text=True, check=True)
    foreign = [flag.replace("-I", "-isystem", 1) if flag.startswith("-I") else flag for flag in run.stdout.split()]
    names = [f'-DTESELA_{package}_SONAME="lint"' for package in LATE]
    return ["-std=c17", "-D_GNU_SOURCE", '-DTESELA_VERSION="lint"', f"-I{SRC}", *names, *foreign]


def lint(path, options):
    short = [] if os.environ.get("TESELA_LONG") else ["--checks=-clang-analyzer-*"]
    run = subprocess.run(["clang-tidy", "--quiet", *short, str(path), "--", *options], capture_output=True, text=True, check=False)
    return None if run.returncode == 0 else f"{path.relative_to(ROOT)}:\n{run.stdout}"


class Lint(unittest.TestCase):
    def test_nothing_is_found(self):
        if not shutil.which("clang-tidy"):
            self.skipTest("clang-tidy is not installed")
        options = flags()
        with concurrent.futures.ThreadPoolExecutor(2) as pool:
            wrong = [p for p in pool.map(lambda path: lint(path, options), sources("*.c")) if p]
        self.assertEqual(len(wrong), 0, "\n".join(wrong))


if __name__ == "__main__":
    unittest.main()
