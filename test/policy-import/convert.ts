import { type Conversion, convertPolicy, type ImportFormat, type ImportOptions } from '@signet/policy-import';
import { PolicyError } from '@signet/verifier';
import { parse } from 'yaml';

/** A rule of a converted policy, as it stands in the file. */
export interface WrittenRule {
  readonly name: string;
  readonly images: readonly string[];
  readonly mode: string;
  readonly require?: unknown;
  readonly tag?: string;
  readonly where?: string;
  readonly annotations?: Readonly<Record<string, string>>;
}

/** A converted policy as plain data. */
export interface Written {
  readonly trust?: Readonly<Record<string, { readonly keys: readonly string[]; readonly formats?: readonly string[] }>>;
  readonly rename?: readonly { readonly from: string; readonly to: string }[];
  readonly rules: readonly WrittenRule[];
  readonly default: string;
}

/** Converts one text, given as it is or as what JSON is made from. */
export function convert(from: ImportFormat, source: unknown, options: ImportOptions = {}): Conversion {
  const text = typeof source === 'string' ? source : JSON.stringify(source, undefined, 1);
  return convertPolicy(from, [{ file: 'policy', text }], options);
}

/** The converted policy as plain data. */
export function written(from: ImportFormat, source: unknown, options: ImportOptions = {}): Written {
  const parsed: Written = parse(convert(from, source, options).policy);
  return parsed;
}

/** The rule of this name. */
export function ruleNamed(policy: Written, name: string): WrittenRule | undefined {
  return policy.rules.find((rule) => rule.name === name);
}

/** What the conversion lost, as `line construct effect`. */
export function lossesOf(from: ImportFormat, source: unknown, options: ImportOptions = {}): readonly string[] {
  return convert(from, source, options).losses.map(
    ({ place, construct, effect }) => `${place.line} ${construct} ${effect}`,
  );
}

/** The formats that the sources of the converted policy take, each once. */
export function formatsIn(from: ImportFormat, source: unknown, options: ImportOptions = {}): readonly string[] {
  const sources = Object.values(written(from, source, options).trust ?? {});
  return [...new Set(sources.map(({ formats }) => String(formats)))];
}

/** The error that refuses the text. */
export function refusal(from: ImportFormat, source: unknown): PolicyError {
  try {
    convert(from, source);
  } catch (error) {
    if (error instanceof PolicyError) return error;
    throw error;
  }
  throw new PolicyError('POLICY_INVALID', 'nothing was refused');
}
