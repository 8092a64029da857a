/** What an object names of its namespace to pull images with. */
export interface NamedSecrets {
  /** Of its pod specs, in their order. */
  readonly secrets: readonly string[];
  /** Service accounts that its pods run as; `default` where it names none. */
  readonly accounts: readonly string[];
}

/** More than this nobody means: each is a question to the Kubernetes API. */
const [maxSecrets, maxAccounts, maxSteps] = [10, 4, 100_000];

/**
 * `imagePullSecrets` and `serviceAccountName` wherever they stand: pod specs, and what custom resources have in their place. All of them are
 * of the namespace and of whoever sent the object: it does not matter which of its pods has which. Total.
 * Rule: Kubernetes API reference, PodSpec
 */
export function namedSecrets(object: unknown): NamedSecrets {
  const secrets = new Set<string>();
  const accounts = new Set<string>();
  const waiting: unknown[] = [object];
  for (let step = 0; step < maxSteps && waiting.length > 0; step += 1) {
    const value = waiting.pop();
    if (typeof value !== 'object' || value === null) continue;
    if (!Array.isArray(value)) noteOwn(value as Readonly<Record<string, unknown>>, secrets, accounts);
    // The last one is taken first: what comes first is to be found first.
    for (const member of Object.values(value).reverse()) waiting.push(member);
  }
  return {
    secrets: [...secrets].slice(0, maxSecrets),
    accounts: accounts.size === 0 ? ['default'] : [...accounts].slice(0, maxAccounts),
  };
}

function noteOwn(value: Readonly<Record<string, unknown>>, secrets: Set<string>, accounts: Set<string>): void {
  for (const name of referencedNames(value.imagePullSecrets)) secrets.add(name);
  const account = value.serviceAccountName;
  if (isObjectName(account)) accounts.add(account);
}

/** The names of a list of LocalObjectReference; what is none is left out. */
export function referencedNames(value: unknown): readonly string[] {
  if (!Array.isArray(value)) return [];
  return value.slice(0, maxSecrets).flatMap((each: unknown) => {
    const name = typeof each === 'object' && each !== null && 'name' in each ? each.name : undefined;
    return isObjectName(name) ? [name] : [];
  });
}

/** A name that can stand in a path of the API. Rule: RFC 1123, as Kubernetes takes it for DNS subdomains */
export function isObjectName(value: unknown): value is string {
  return typeof value === 'string' && value.length <= 253 && /^[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?$/.test(value);
}
