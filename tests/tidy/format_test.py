# SPDX-License-Identifier: MIT
"""clang-format has nothing to change."""

import pathlib
import shutil
import subprocess
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]


class Format(unittest.TestCase):
    def test_sources_are_formatted(self):
        if not shutil.which("clang-format"):
            self.skipTest("clang-format is not installed")
        files = sorted(str(p) for folder in ("src", "tests") for s in ("*.c", "*.h") for p in (ROOT / folder).rglob(s)
                       if "node_modules" not in p.parts)
        wrong = []
        for path in files:
            run = subprocess.run(["clang-format", "--dry-run", "-Werror", path], capture_output=True, text=True, check=False)
            if run.returncode != 0:
                wrong.append(str(pathlib.Path(path).relative_to(ROOT)))
        self.assertEqual(wrong, [], "run clang-format -i on these")


if __name__ == "__main__":
    unittest.main()
