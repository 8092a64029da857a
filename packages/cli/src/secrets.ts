/** Passwords that came in the environment. An empty string is a password: set but empty counts. */
export interface Secrets {
  /** Of private keys: SIGNET_PASSWORD, else COSIGN_PASSWORD. */
  readonly keyPassword?: string;
}

/** Reads the passwords out of the environment and removes them, so that no child process (credential helper) inherits them. */
export function takeSecrets(env: Record<string, string | undefined>): Secrets {
  const keyPassword = env.SIGNET_PASSWORD ?? env.COSIGN_PASSWORD;
  delete env.SIGNET_PASSWORD;
  delete env.COSIGN_PASSWORD;
  return keyPassword === undefined ? {} : { keyPassword };
}
