// Reads commands as [name, properties, message] in JSON and writes each as GitHub's own library does.
// The module is not among those that the package exports, so that it is imported by its path.
import { readFileSync } from 'node:fs'
import { pathToFileURL } from 'node:url'

const { issueCommand } = await import(pathToFileURL(`${process.argv[2]}/@actions/core/lib/command.js`))
for (const [name, properties, message] of JSON.parse(readFileSync(0, 'utf8'))) {
  issueCommand(name, properties, message)
}
