/** A host that Signet takes for docker.io, and that other tools take for a registry of its own. */
export function isOtherDockerHub(host: string): boolean {
  return /^(?:index\.docker\.io|registry-1\.docker\.io|registry\.hub\.docker\.com)$/i.test(host);
}

/** Signet, as Docker, reads a first part like this as a part of docker.io's names. */
export function needsDockerHub(host: string): boolean {
  return !/[.:[A-Z]/.test(host) && host !== 'localhost';
}
