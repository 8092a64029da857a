import { CliError } from './errors.ts';

/** The error of a server that could not listen at `where`, explained; any other as it is. */
export function explainListenError(error: unknown, where: string): unknown {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  const problem = Object.hasOwn(listenProblems, code) ? listenProblems[code] : undefined;
  if (problem === undefined) return error;
  const { reason, hint } = problem;
  return new CliError('PORT_UNAVAILABLE', `cannot listen on ${where}: ${reason}`, { cause: error, hint });
}

const otherPort = '--port 0 takes a free port';
const otherHost = '--host takes an address of this machine';
const listenProblems: Readonly<Record<string, { readonly reason: string; readonly hint: string }>> = {
  EADDRINUSE: { reason: 'another program listens there', hint: otherPort },
  EACCES: { reason: 'permission denied', hint: otherPort },
  EADDRNOTAVAIL: { reason: 'this machine has no such address', hint: otherHost },
  ENOTFOUND: { reason: 'the host name is not known', hint: otherHost },
  EAI_AGAIN: { reason: 'the host name could not be looked up', hint: otherHost },
};
