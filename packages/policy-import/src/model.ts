import type { FormatName, Place } from '@signet/verifier';
import type { Demand } from './demand.ts';

/** The policies that can be read. */
export type ImportFormat = 'notation' | 'clusterimagepolicy' | 'kyverno' | 'podman' | 'connaisseur';

/** One file of a policy; `file` is its name for messages. */
export interface PolicyInput {
  readonly file: string;
  readonly text: string;
}

/** What is asked of a conversion beside the texts. */
export interface ImportOptions {
  /** A rule by key that asks for a log entry, which Signet does not verify yet, is written without it: laxer. Default: nothing satisfies it. */
  readonly allowWithoutLog?: boolean;
  /** notation: the folder that holds `x509/{ca,signingAuthority,tsa}/NAME`. Default: `truststore` beside the policy. */
  readonly trustStore?: string;
  /** notation: why a trust store (`ca:NAME`) cannot be read: what asks for it is satisfied by nothing. Default: all can be. */
  readonly brokenStores?: ReadonlyMap<string, string>;
}

/** What a loss does to the answers. `denied`: nothing satisfies what stood there. `laxer`: allowed by the caller, or for images with names that nobody has. */
export type LossEffect = 'denied' | 'stricter' | 'laxer' | 'unchanged';

/** A construct that Signet's policy has no equal for. */
export interface Loss {
  readonly place: Place;
  /** What stands there, in short: `authorities[0].keyless`. */
  readonly construct: string;
  readonly why: string;
  readonly effect: LossEffect;
  /** What would make it satisfiable, where a switch does. */
  readonly remedy?: string;
}

/** What a signature must show beside being by the right key. In Signet it holds for every signature that a rule counts. */
export interface Conditions {
  readonly tag: 'any' | 'bound';
  readonly annotations: Readonly<Record<string, string>>;
  /** CEL expressions, all of which must hold. */
  readonly where: readonly string[];
}

/** A named source of trust: keys, or certificates. `place`: of what named it first, where that is known. */
export type ImportedSource = { readonly name: string; readonly place?: Place } & (ImportedKeys | ImportedX509);

/** Keys, and the form of signatures that the other tool reads. */
export interface ImportedKeys {
  /** File names or PEM texts. */
  readonly keys: readonly string[];
  readonly format: FormatName;
}

/** Trust in certificates, as Signet's policy has it. */
export interface ImportedX509 {
  readonly x509: {
    /** Paths of folders with certificates. */
    readonly ca: readonly string[];
    readonly signingAuthority: readonly string[];
    readonly tsa: readonly string[];
    readonly identities: readonly string[];
    readonly level: string;
    readonly override: Readonly<Record<string, string>>;
    readonly verifyTimestamp?: string;
    readonly allowPrivateServers: boolean;
  };
}

/** An image pulled from `from` was signed as `to`. */
export interface ImportedRename {
  readonly from: string;
  readonly to: string;
}

/** One statement of the other policy: what it asks for images that its patterns match. */
export interface Entry {
  readonly name: string;
  /** Signet's patterns. Not smaller than what the statement speaks of; where they are larger, nothing may satisfy `demand`. */
  readonly images: readonly string[];
  /** Where the other policy lets one statement decide: the larger rank does. */
  readonly rank: number;
  /** Holds beside the one that decides, whatever its rank. */
  readonly isExtra?: true;
  /** Patterns of images that it does not speak of after all. */
  readonly excludes?: readonly string[];
  readonly mode: 'enforce' | 'warn' | 'audit';
  readonly demand: Demand;
  readonly conditions: Conditions;
  readonly place: Place;
  readonly losses: readonly Loss[];
}

/** A policy as it was read, before it is laid out as rules of which one decides. */
export interface Imported {
  readonly sources: readonly ImportedSource[];
  readonly renames: readonly ImportedRename[];
  readonly entries: readonly Entry[];
  /** `all`: every statement that matches must be satisfied; `ranked`: the one of the largest rank decides. */
  readonly order: 'all' | 'ranked';
  /** What becomes of an image that no statement is for. */
  readonly fallback: 'deny' | 'allow';
  /** Losses that belong to no entry. */
  readonly losses: readonly Loss[];
}

/** Asks nothing beside the key. */
export const noConditions: Conditions = { tag: 'any', annotations: {}, where: [] };
