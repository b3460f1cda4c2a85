# SPDX-License-Identifier: MIT
"""Makes the demonstration city where its generator is newer than what it made, and loads all layers as scripts/demo does,
into build/demo-data. Fails when a layer is missing or empty."""

import json
import os
import subprocess
import sys

from pictures import ROOT, run

DATA = ROOT / "build" / "demo-data"


def make_city():
    made = ROOT / "layers" / "demo" / "out" / ".made"
    sources = (ROOT / "layers" / "demo").glob("*.py")
    if not made.exists() or any(path.stat().st_mtime > made.stat().st_mtime for path in sources):
        subprocess.run([sys.executable, ROOT / "layers" / "demo" / "make_city.py", "--quiet"], check=True)
        made.touch()


def main():
    make_city()
    os.makedirs(DATA, exist_ok=True)
    run("load", "--all", ROOT / "layers", "--data", DATA)
    listed = json.loads(run("layers", "--json", "--data", DATA).stdout)["layers"]
    loaded = {layer["id"]: layer["features"] for layer in listed}
    described = {path.stem for path in (ROOT / "layers").glob("*.json")}
    wrong = sorted(name for name in described if loaded.get(name, 0) == 0)
    print(f"{len(loaded)} layers, {sum(loaded.values())} features")
    if wrong:
        sys.exit(f"missing or empty: {', '.join(wrong)}")


if __name__ == "__main__":
    main()
