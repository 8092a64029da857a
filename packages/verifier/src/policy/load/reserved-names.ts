/** Names that JavaScript gives a meaning of its own on every object: nothing of a policy is called so. */
export const reservedNames: readonly string[] = [...Object.getOwnPropertyNames(Object.prototype), 'prototype'];
