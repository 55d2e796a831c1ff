/**
 * What can go wrong in a session, with the protocol's own codes (docs/open-protocol.md, section 6, `error`).
 */

/** The hub sent something that the protocol does not allow; the session ends with this code. */
export class ProtocolError extends Error {
  /**
   * @param {string} code one of the document's codes
   * @param {string} text what was wrong, for people
   * @param {string} [hint] what to do about it
   */
  constructor(code, text, hint = '') {
    super(text);
    this.name = 'ProtocolError';
    this.code = code;
    this.hint = hint;
  }
}

/** What a person asked for cannot be: said on stderr without a stack. */
export class UsageError extends Error {}
