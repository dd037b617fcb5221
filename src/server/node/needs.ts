/** Names the package that is missing, and the command that installs what `subject` needs; any other error stays as it is. */
export function needs(subject: string, ...packages: readonly [string, ...string[]]): (error: unknown) => never {
  return (error) => {
    if (!isMissing(error)) throw error;
    const found = packages.find((name) => error.message.includes(`'${name}`)) ?? packages[0];
    throw new Error(`${subject}: expected the package ${found} beside this one: npm install ${packages.join(' ')}`);
  };
}

function isMissing(error: unknown): error is Error {
  return error instanceof Error && 'code' in error && error.code === 'ERR_MODULE_NOT_FOUND';
}
