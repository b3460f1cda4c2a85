# SPDX-License-Identifier: MIT
"""Each header of src/ compiles on its own."""

import concurrent.futures
import subprocess
import unittest

from tree import ROOT, SRC, sources

FLAGS = ["-std=c17", "-D_GNU_SOURCE", "-fsyntax-only", "-Wall", "-Wextra", "-Wpedantic", "-Werror", f"-I{SRC}", "-xc", "-"]


def compile_header(path):
    code = f'#include "{path.relative_to(SRC)}"\nextern int not_empty;\n'
    run = subprocess.run(["cc", *FLAGS], input=code, capture_output=True, text=True, check=False)
    return None if run.returncode == 0 else f"{path.relative_to(ROOT)}:\n{run.stderr}"


class Headers(unittest.TestCase):
    def test_headers_stand_alone(self):
        with concurrent.futures.ThreadPoolExecutor(2) as pool:
            wrong = [problem for problem in pool.map(compile_header, sources("*.h")) if problem]
        self.assertEqual(wrong, [])


if __name__ == "__main__":
    unittest.main()
