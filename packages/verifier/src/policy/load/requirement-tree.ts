import { didYouMean } from '../nearest.ts';
import type { Requirement } from '../requirement.ts';
import type { RequireInput, RequireTree } from './input.ts';
import { policyLimits } from './limits.ts';
import { type NodePath, nodeAt, type PolicyNode } from './node.ts';
import { type ProblemDetails, type Problems, quoted } from './problems.ts';
import type { NamedSource } from './sources.ts';

/** What a tree is built from. */
export interface TreeContext {
  /** Of the file. */
  readonly root: PolicyNode;
  readonly sources: ReadonlyMap<string, NamedSource>;
  /** Names that some rule asks for. */
  readonly used: Set<string>;
  readonly problems: Problems;
  /** What the tree is called in the file; default `require`. */
  readonly field?: string;
}

/** `require` of a rule with its sources found; undefined where it has a fault, which is told. Bounded in depth and branches. */
export function buildRequirement(input: RequireInput, path: NodePath, context: TreeContext): Requirement | undefined {
  return new TreeBuilder(context).build(input, { path, depth: 1 });
}

/** `require: never`: no signature satisfies it. What a converted policy says where it cannot check what was asked. */
const neverMet: Requirement = { kind: 'any', of: [] };

interface Position {
  readonly path: NodePath;
  readonly depth: number;
}

class TreeBuilder {
  private branches = 0;
  private readonly context: TreeContext;

  constructor(context: TreeContext) {
    this.context = context;
  }

  private get field(): string {
    return JSON.stringify(this.context.field ?? 'require');
  }

  build(input: RequireInput, at: Position): Requirement | undefined {
    this.branches += 1;
    if (this.branches > policyLimits.maxRequireBranches)
      return this.fault(`${this.field} has more than ${policyLimits.maxRequireBranches} branches`, at.path);
    if (at.depth > policyLimits.maxRequireDepth)
      return this.fault(`${this.field} is nested deeper than ${policyLimits.maxRequireDepth} levels`, at.path);
    if (input === 'never') return neverMet;
    return typeof input === 'string' ? this.source(input, at.path) : this.tree(input, at);
  }

  private source(name: string, path: NodePath): Requirement | undefined {
    const { sources, used } = this.context;
    const found = sources.get(name);
    used.add(name);
    if (found !== undefined) return { kind: 'source', source: found.source };
    return this.fault(`there is no source of trust ${quoted(name)}`, path, () => {
      return didYouMean(name, sources.keys()) ?? sourcesHint([...sources.keys()]);
    });
  }

  private tree(input: RequireTree, at: Position): Requirement | undefined {
    const fields = Object.keys(input).sort().join(' ');
    if (fields === 'any' || fields === 'all') {
      const of = this.list(input[fields] ?? [], at, fields);
      return of === undefined ? undefined : { kind: fields, of };
    }
    if (fields === 'atLeast of') return this.atLeast(input, at);
    return this.fault('one of these is expected: any: […], all: […], atLeast: … with of: […]', at.path);
  }

  private atLeast({ atLeast: count = 0, of: inputs = [] }: RequireTree, at: Position): Requirement | undefined {
    const of = this.list(inputs, at, 'of');
    if (count > inputs.length)
      return this.fault(`${count} of ${inputs.length} branches can never be met`, [...at.path, 'atLeast']);
    return of === undefined ? undefined : { kind: 'atLeast', count, of };
  }

  private list(
    inputs: readonly RequireInput[],
    { path, depth }: Position,
    field: string,
  ): readonly Requirement[] | undefined {
    const of: Requirement[] = [];
    for (const [index, input] of inputs.entries()) {
      if (this.branches > policyLimits.maxRequireBranches) return undefined;
      const branch = this.build(input, { path: [...path, field, index], depth: depth + 1 });
      if (branch !== undefined) of.push(branch);
    }
    return of.length === inputs.length ? of : undefined;
  }

  private fault(message: string, path: NodePath, hint?: ProblemDetails['hint']): undefined {
    this.context.problems.add(message, nodeAt(this.context.root, path).place, { hint });
    return undefined;
  }
}

function sourcesHint(names: readonly string[]): string {
  return names.length === 0 ? 'name sources of trust under "trust"' : `there are: ${names.slice(0, 10).join(', ')}`;
}
