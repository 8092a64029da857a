/** What a plugin can be asked. Rule: wire-formats 10. */
export type PluginCommand =
  | 'get-plugin-metadata'
  | 'describe-key'
  | 'generate-signature'
  | 'generate-envelope'
  | 'verify-signature';
