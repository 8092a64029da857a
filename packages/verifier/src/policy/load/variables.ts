import { didYouMean } from '../nearest.ts';
import type { Place } from '../place.ts';
import type { Budget } from './budget.ts';
import { nodeAt, placeOfName } from './node.ts';
import type { PolicyFile } from './policy-files.ts';
import { type ProblemDetails, type Problems, quoted } from './problems.ts';
import { isVariableName, variableNameRule } from './schema.ts';

/** What a variable may stand for: nothing that means something to patterns, and no way up in a path. */
const allowed = /^[A-Za-z0-9._/:@-]{1,256}$/;
const wayUp = /(?:^|\/)\.\.(?:\/|$)/;

/** The variables of one file: the only way from the environment into a policy. */
export class Variables {
  /** Name and value; undefined for one whose fault is told. */
  readonly values: ReadonlyMap<string, string | undefined>;
  private readonly used = new Set<string>();
  private readonly file: PolicyFile;
  private readonly problems: Problems;
  private readonly budget: Budget;

  constructor(
    file: PolicyFile,
    env: Readonly<Record<string, string | undefined>>,
    { problems, budget }: { readonly problems: Problems; readonly budget: Budget },
  ) {
    this.file = file;
    this.problems = problems;
    this.budget = budget;
    const declared = Object.keys(file.input.variables ?? {});
    this.values = new Map(declared.map((name) => [name, this.valueOf(name, env)]));
  }

  /** The text with each `${NAME}` replaced by its value; undefined where that cannot be. */
  expand(text: string, place: Place): string | undefined {
    if (!text.includes('${')) return text;
    const tooMuchBefore = this.budget.spend('characters', text.length);
    if (tooMuchBefore !== undefined) return this.fault(tooMuchBefore, place);
    let isWhole = true;
    const expanded = text.replace(/\$\{([^}]*)(\}?)/g, (_, name: string, end: string) => {
      const value = end === '' ? this.fault(`"\${" without its "}"`, place) : this.use(name, place);
      isWhole &&= value !== undefined;
      return value ?? '';
    });
    const tooMuch = this.budget.spend('characters', expanded.length);
    if (tooMuch !== undefined) return this.fault(tooMuch, place);
    return isWhole ? expanded : undefined;
  }

  /** Warns of those that nothing uses. */
  tellUnused(): void {
    for (const name of this.values.keys()) {
      if (!this.used.has(name))
        this.problems.warn(
          `nothing uses the variable ${quoted(name)}`,
          placeOfName(this.file.root, ['variables', name]),
        );
    }
  }

  private use(name: string, place: Place): string | undefined {
    this.used.add(name);
    if (this.values.has(name)) return this.values.get(name);
    return this.fault(`the variable ${quoted(name)} is not declared in this file`, place, () => {
      const near = didYouMean(name, this.values.keys());
      return near ?? (isVariableName(name) ? `declare it: variables: { ${name}: { env: ${name} } }` : variableNameRule);
    });
  }

  private valueOf(name: string, env: Readonly<Record<string, string | undefined>>): string | undefined {
    const { env: source = '', default: fallback } = this.file.input.variables?.[name] ?? {};
    const given = Object.hasOwn(env, source) ? env[source] : undefined;
    const value = given ?? fallback;
    const path = ['variables', name, given === undefined && fallback !== undefined ? 'default' : 'env'];
    const { place } = nodeAt(this.file.root, path);
    const where = given === undefined ? 'the default of' : `${source} for`;
    if (value === undefined)
      return this.fault(
        `the environment variable ${source} is not set, and the variable ${quoted(name)} has no default`,
        place,
      );
    if (allowed.test(value) && !wayUp.test(value)) return value;
    return this.fault(
      `${where} the variable ${quoted(name)} has a value that is not allowed`,
      place,
      'values are letters, digits and . _ / : @ -, not empty, without ".."',
    );
  }

  private fault(message: string, place: Place, hint?: ProblemDetails['hint']): undefined {
    this.problems.add(message, place, { hint });
    return undefined;
  }
}
