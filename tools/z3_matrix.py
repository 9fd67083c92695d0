#!/usr/bin/env python3
"""Proves with z3 that `portcullis matrix` says what the specification says, by an encoding of its own.

    tools/z3_matrix.py DIR ... --portcullis PATH
    tools/z3_matrix.py --seeds 0-500 --portcullis PATH --xtask PATH
"""

import argparse
import json
import pathlib
import subprocess
import sys
import tempfile
import time

from z3_encoding.check import compare


def matrix_of(portcullis, folder):
    command = [portcullis, "matrix", "-i", str(folder), "--expand", "--format", "json", "-q"]
    run = subprocess.run(command, capture_output=True, text=True)
    if not run.stdout:
        sys.exit(f"{' '.join(command)}: {run.stderr}")
    return json.loads(run.stdout)


def folders(options):
    """Names and folders of the networks."""
    yield from ((folder, pathlib.Path(folder)) for folder in options.folders)
    if options.seeds:
        first, _, last = options.seeds.partition("-")
        for seed in range(int(first), int(last or first) + 1):
            with tempfile.TemporaryDirectory() as folder:
                command = [options.xtask, "generate", options.network, "--seed", str(seed), "-o", folder]
                subprocess.run(command, check=True, capture_output=True)
                yield f"seed {seed}", pathlib.Path(folder)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folders", nargs="*", metavar="DIR", help="folders of what `aws ... describe-*` printed")
    parser.add_argument("--seeds", metavar="A-B", help="networks of `xtask generate`")
    parser.add_argument("--network", choices=["random", "alike"], default="random", help="which of them")
    parser.add_argument("--portcullis", default="portcullis", metavar="PATH")
    parser.add_argument("--xtask", default="xtask", metavar="PATH")
    parser.add_argument("--matrix", metavar="FILE", help="what `matrix` printed for the one DIR, instead of asking it")
    parser.add_argument("--show", type=int, default=40, metavar="N", help="disagreements to print")
    options = parser.parse_args()
    start, networks, pairs, agreed = time.monotonic(), 0, 0, 0
    verdicts, uncovered, disagreements = {}, [], []
    for name, folder in folders(options):
        matrix = json.loads(open(options.matrix).read()) if options.matrix else matrix_of(options.portcullis, folder)
        result = compare(folder, matrix)
        networks, pairs, agreed = networks + 1, pairs + result.pairs, agreed + result.agreed
        for verdict, count in result.verdicts.items():
            verdicts[verdict] = verdicts.get(verdict, 0) + count
        uncovered += [(name, *one) for one in result.uncovered]
        for key, wrong in result.disagreements:
            if len(disagreements) < options.show:
                print(f"{name}: {key[0]} -> {key[1]} IPv{key[2]}: {wrong}", flush=True)
            disagreements.append((name, key, wrong))
    for name, key, why in uncovered[: options.show]:
        print(f"{name}: {key[0]} -> {key[1]} IPv{key[2]}: not covered: {why}")
    counted = ", ".join(f"{count} {verdict}" for verdict, count in sorted(verdicts.items()))
    print(
        f"{networks} networks, {pairs} pairs ({counted}): {agreed} agreed, {len(uncovered)} not covered, "
        f"{len(disagreements)} disagreements, {time.monotonic() - start:.0f} s"
    )
    sys.exit(1 if disagreements else 0)


if __name__ == "__main__":
    main()
