// Becomes the program, rather than start it as a child: a parent would keep the step's inputs in its environment, where
// a training on the same machine could read them.  The program hides its own, and gets the runner's signals at first
// hand.
import { accessSync, constants, statSync } from 'node:fs'
import { delimiter, isAbsolute, join } from 'node:path'

const NAME = 'regression-action'

/** Goes on as the program with a command of it; comes back only if that cannot be. */
export function become (command) {
  const program = found()
  if (program === undefined) {
    fail(`${NAME} is not on the PATH; use org/regression-action/setup in a step before this one`)
  } else if (process.execve === undefined) {
    fail('this runner cannot start it unseen by trainings: that needs Linux or macOS, and runner 2.327.1 or later')
  } else {
    process.execve(program, [NAME, command], process.env)
  }
}

/** A relative entry of the PATH would be looked for in the workspace, where anything may lie. */
function found () {
  const folders = (process.env.PATH ?? '').split(delimiter).filter(isAbsolute)
  return folders.map(folder => join(folder, NAME)).find(runs)
}

function runs (file) {
  try {
    accessSync(file, constants.X_OK)
    return statSync(file).isFile()
  } catch {
    return false
  }
}

function fail (message) {
  console.log(`::error title=${NAME}::${message}`)
  process.exitCode = 1
}
