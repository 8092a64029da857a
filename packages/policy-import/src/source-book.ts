import type { Place } from '@signet/verifier';
import type { ImportedKeys, ImportedSource, ImportedX509 } from './model.ts';

/** Names the sources of trust of a policy: the same keys in the same format are one source, two sources never share a name. */
export class SourceBook {
  private readonly byKeys = new Map<string, ImportedSource>();
  /** `never` would be the requirement of that name. */
  private readonly names = new Set<string>(['never']);

  /**
   * The name of the source with these keys in this format, or these certificates; `hint` becomes the name where it is free. `place`: of what asks
   * for it, for messages.
   */
  nameOf(trust: ImportedKeys | ImportedX509, hint: string, place?: Place): string {
    const id = JSON.stringify('x509' in trust ? trust.x509 : [trust.keys, trust.format]);
    const known = this.byKeys.get(id);
    if (known !== undefined) return known.name;
    const name = this.freeName(toName(hint));
    this.byKeys.set(id, { name, ...(place === undefined ? {} : { place }), ...trust });
    return name;
  }

  /** All of them in the order of their first use. */
  get sources(): readonly ImportedSource[] {
    return [...this.byKeys.values()];
  }

  private freeName(wanted: string): string {
    let name = wanted;
    for (let count = 2; this.names.has(name); count++) name = `${wanted}-${count}`;
    this.names.add(name);
    return name;
  }
}

/** Letters, digits and dashes; at most 56 of them. */
function toName(hint: string): string {
  const name = hint
    .replace(/[^A-Za-z0-9]+/g, '-')
    .slice(0, 56)
    .replace(/^-+|-+$/g, '');
  // A name that every object of JavaScript has is refused in a policy.
  return name === '' || name in {} ? 'key' : name;
}
