import { WorkloadError } from '../errors.ts';

const step = /\.?([A-Za-z_][\w-]*)|\[(0|[1-9][0-9]*)\]|\[("(?:[^"\\]|\\.)*")\]/y;

/**
 * The JSON Pointer of a path as {@link NamedImage} has it: `spec.containers[0].image` is `/spec/containers/0/image`.
 * Rule: RFC 6901, 3.
 * @throws {WorkloadError} WORKLOAD_PATH_INVALID for what is no such path
 */
export function toJsonPointer(path: string): string {
  const tokens: string[] = [];
  for (let at = 0; at < path.length; at = step.lastIndex) {
    step.lastIndex = at;
    const match = step.exec(path);
    if (match === null)
      throw new WorkloadError('WORKLOAD_PATH_INVALID', `not a path: ${JSON.stringify(path.slice(0, 200))}`);
    const [, name, index, quoted] = match;
    tokens.push(name ?? index ?? String(JSON.parse(quoted ?? '""')));
  }
  return tokens.map((token) => `/${token.replaceAll('~', '~0').replaceAll('/', '~1')}`).join('');
}
