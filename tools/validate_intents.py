#!/usr/bin/env python3
"""Every intent file and every example of one, read by a YAML 1.2 reader and judged by the published JSON Schema.

The schema is what editors go by; that portcullis reads the same files the scenarios show. Before it judges, it has to
refuse files with one thing wrong.
"""

import datetime
import io
import json
import re
import sys
from pathlib import Path

from jsonschema import Draft202012Validator
from ruamel.yaml import YAML

ROOT = Path(__file__).resolve().parent.parent
SCHEMA = ROOT / 'crates/answers/src/intent/portcullis.schema.json'
# The least that there have to be: a pattern that finds nothing proves nothing.
LEAST_FILES, LEAST_EXAMPLES = 12, 3

# Of each, one thing is wrong.
WRONG = {
    'a key that is not one': 'version: 1\nallows:\n  - a -> b:80\n',
    'another version': 'version: 2\n',
    'no list': 'version: 1\nallow: a -> b:80\n',
    'no flow': 'version: 1\nallow:\n  - { why: nothing }\n',
    'three layers': 'version: 1\ndeny:\n  - { flow: "a -> b:80", layers: 3 }\n',
    'a key of a line that is not one': 'version: 1\ndeny:\n  - { flow: "a -> b:80", layer: 2 }\n',
    'a waiver of nothing': 'version: 1\nwaive:\n  - { why: x }\n',
    'no day': 'version: 1\nwaive:\n  - { finding: PC0101, why: x, until: soon }\n',
    'a kind of client that is none': 'version: 1\nprofiles: { web: amiga }\n',
}


def read(text):
    """YAML 1.2 as JSON: the core schema has no dates, and the reader makes some of them."""
    def plain(value):
        if isinstance(value, dict):
            return {key: plain(item) for key, item in value.items()}
        if isinstance(value, list):
            return [plain(item) for item in value]
        return value.isoformat() if isinstance(value, datetime.date) else value

    yaml = YAML(typ='safe', pure=True)
    yaml.version = (1, 2)
    return plain(yaml.load(io.StringIO(text)))


def intents(keys):
    """The files, and the examples of Markdown that have nothing but keys of intents: jobs of CI have other names."""
    files = [*ROOT.glob('scenarios/**/*.yaml'), ROOT / 'tools/reports/portcullis.yaml']
    found = [(path.relative_to(ROOT), path.read_text()) for path in sorted(files)]
    pages = [ROOT / 'README.md', *sorted(ROOT.glob('scenarios/*/README.md')), *sorted(ROOT.glob('docs/*.md'))]
    examples = []
    for page in pages:
        for example in re.findall(r'^```ya?ml\n(.*?)^```$', page.read_text(), re.M | re.S):
            document = read(example)
            if isinstance(document, dict) and document and set(document) <= keys:
                examples.append((f'{page.relative_to(ROOT)}: {next(iter(document))}', example))
    return found, examples


def main():
    schema = json.loads(SCHEMA.read_text())
    Draft202012Validator.check_schema(schema)
    validator = Draft202012Validator(schema)
    failed = False
    for what, text in WRONG.items():
        if validator.is_valid(read(text)):
            print(f'not refused: {what}')
            failed = True
    files, examples = intents(set(schema['properties']))
    if len(files) < LEAST_FILES or len(examples) < LEAST_EXAMPLES:
        print(f'only {len(files)} files and {len(examples)} examples were found')
        failed = True
    for name, text in [*files, *examples]:
        errors = [f'{error.json_path}: {error.message}' for error in validator.iter_errors(read(text))]
        if errors:
            print(f'{name}: ' + '; '.join(errors))
            failed = True
    print(f'{len(files)} intent files and {len(examples)} examples, {len(WRONG)} wrong ones')
    return 1 if failed else 0


if __name__ == '__main__':
    sys.exit(main())
