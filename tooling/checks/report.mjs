/** Prints what a check found and sets the exit code; silent success would look like a check that never ran. */
export function report(name, problems, remedy) {
  if (problems.length === 0) {
    console.log(`${name}: ok`);
    return;
  }
  for (const problem of problems) console.error(problem);
  console.error(`${name}: ${problems.length} found. ${remedy}`);
  process.exitCode = 1;
}
