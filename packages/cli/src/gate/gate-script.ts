/** What a gate is called with. Paths are absolute: containerd calls it from anywhere. */
export interface GateCall {
  readonly policy?: string;
  readonly server?: string;
  readonly timeoutMs?: number;
}

const head = `#!/bin/sh
# Written by signet gate install containerd: containerd gives its verifiers no arguments of their own.
# Without a home there is no folder for compiled code (each start takes longer), and none for what was seen of signed tags.
export XDG_CACHE_HOME="\${XDG_CACHE_HOME:-/var/cache}"
export XDG_STATE_HOME="\${XDG_STATE_HOME:-/var/lib}"
`;

/** The script that containerd runs for each pull. `program`: how signet is started. */
export function gateScript(program: readonly string[], flags: readonly string[]): string {
  const words = [...program.map(quoted), 'gate', 'containerd', ...flags.map(quoted)];
  return `${head}exec ${words.join(' ')} -- "$@"\n`;
}

/** How a script calls the gate; undefined for any other program. Of a script that was written by hand not all may be understood. */
export function readGateScript(text: string): GateCall | undefined {
  const line = text.split('\n').find((each) => !each.startsWith('#') && /\bgate\s+containerd\b/.test(each));
  if (line === undefined) return undefined;
  const words = [...line.matchAll(/'((?:[^']|'\\'')*)'|[^\s']+/g)].map(
    ([word, inside]) => inside?.replaceAll("'\\''", "'") ?? word,
  );
  const after = (flag: string): string | undefined => {
    const at = words.indexOf(flag);
    return at === -1 ? undefined : words[at + 1];
  };
  const [policy, server, timeout] = ['--policy', '--server', '--timeout'].map(after);
  const timeoutMs = /^([0-9]+)ms$/.exec(timeout ?? '')?.[1];
  return {
    ...(policy === undefined ? {} : { policy }),
    ...(server === undefined ? {} : { server }),
    ...(timeoutMs === undefined ? {} : { timeoutMs: Number(timeoutMs) }),
  };
}

/** As a shell takes it for one word, whatever is in it. */
function quoted(word: string): string {
  return `'${word.replaceAll("'", "'\\''")}'`;
}
