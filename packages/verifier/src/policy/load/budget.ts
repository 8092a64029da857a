import { policyLimits } from './limits.ts';

/** What is counted while the files of one policy are read. */
export type Cost = 'tokens' | 'values' | 'characters';

const bounds: Readonly<Record<Cost, { readonly most: number; readonly what: string }>> = {
  tokens: { most: policyLimits.maxTokens, what: 'lexical tokens in all files' },
  values: { most: policyLimits.maxValues, what: 'values in all files, with what aliases repeat' },
  characters: {
    most: policyLimits.maxCharacters,
    what: 'characters in all files, with what aliases and variables repeat',
  },
};

/** What reading one policy has cost so far, all its files together. */
export class Budget {
  private readonly spent: Record<Cost, number> = { tokens: 0, values: 0, characters: 0 };

  /** What to say where this goes beyond the bound; undefined within it. */
  spend(cost: Cost, amount: number): string | undefined {
    const { most, what } = bounds[cost];
    this.spent[cost] += amount;
    return this.spent[cost] > most ? `more than ${most} ${what}` : undefined;
  }
}
