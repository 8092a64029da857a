import { isRepositoryName } from '@signet/oci';
import type { Access } from './tokens.ts';

const maxScopes = 100;
const allActions: readonly string[] = ['pull', 'push', 'delete'];

/**
 * The access that scopes ask for, of what may be had: all for accounts, reading for others. Scopes that are not understood give nothing, as
 * the rule has it: a token says what was granted. Rule: Docker token authentication, "Token Scope".
 */
export function grantScopes(scopes: readonly string[], may: 'everything' | 'reading'): readonly Access[] {
  const merged = new Map<string, Set<string>>();
  for (const scope of scopes.flatMap((text) => text.split(' ')).slice(0, maxScopes)) {
    const parsed = parseScope(scope);
    if (parsed === undefined) continue;
    const key = `${parsed.type}:${parsed.name}`;
    const actions = merged.get(key) ?? new Set<string>();
    for (const action of grantable(parsed, may)) actions.add(action);
    merged.set(key, actions);
  }
  return [...merged].map(([key, actions]) => {
    const colon = key.indexOf(':');
    return { type: key.slice(0, colon), name: key.slice(colon + 1), actions: [...actions] };
  });
}

function parseScope(scope: string): Access | undefined {
  const match = /^(repository|registry):([a-z0-9._/-]{1,255}):([a-z*,]{1,64})$/.exec(scope);
  const [type, name, actions] = [match?.[1], match?.[2], match?.[3]];
  if (type === undefined || name === undefined || actions === undefined) return undefined;
  const isKnown = type === 'repository' ? isRepositoryName(name) : name === 'catalog';
  return isKnown ? { type, name, actions: actions.split(',') } : undefined;
}

function grantable({ type, actions }: Access, may: 'everything' | 'reading'): readonly string[] {
  if (type === 'registry') return actions.includes('*') ? ['*'] : [];
  const asked = actions.includes('*') ? allActions : actions.filter((action) => allActions.includes(action));
  return may === 'everything' ? asked : asked.filter((action) => action === 'pull');
}
