#!/usr/bin/env python3
"""The files and examples by which portcullis runs in CI, judged by the published schemas of those who read them.

action.yml, .pre-commit-hooks.yaml, and every YAML example of the README, by what it is.
"""

import re
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BIN = Path(sys.executable).parent

# What an example is told by, and what reads it.
KINDS = [
    ('github workflow', r'^jobs:$', [BIN / 'check-jsonschema', '--builtin-schema', 'vendor.github-workflows']),
    ('pre-commit configuration', r'^repos:$', [BIN / 'pre-commit', 'validate-config']),
    ('gitlab-ci', r'^  script:$', [BIN / 'check-jsonschema', '--builtin-schema', 'vendor.gitlab-ci']),
]
FILES = [
    ('action.yml', [BIN / 'check-jsonschema', '--builtin-schema', 'vendor.github-actions']),
    ('.pre-commit-hooks.yaml', [BIN / 'pre-commit', 'validate-manifest']),
]


def judge(what, command, path):
    output = subprocess.run([*command, path], capture_output=True, text=True, check=False)
    print(f"{what}: {'valid' if output.returncode == 0 else output.stdout + output.stderr}")
    return output.returncode == 0


def main():
    valid = [judge(name, command, ROOT / name) for name, command in FILES]
    examples = re.findall(r'^```yaml\n(.*?)^```$', (ROOT / 'README.md').read_text(), re.M | re.S)
    seen = set()
    with tempfile.TemporaryDirectory() as folder:
        for number, example in enumerate(examples):
            kind = next((kind for kind in KINDS if re.search(kind[1], example, re.M)), None)
            if kind is None:
                continue
            path = Path(folder, f'{number}.yml')
            path.write_text(example)
            valid.append(judge(f'README: {kind[0]}', kind[2], path))
            seen.add(kind[0])
    missing = {kind[0] for kind in KINDS} - seen
    if missing:
        print(f'README: no example of {", ".join(sorted(missing))}')
    return 0 if all(valid) and not missing else 1


if __name__ == '__main__':
    sys.exit(main())
