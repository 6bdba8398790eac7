/** The little that is read of a token: where it stands in a header, and whose it is. */

/** The token in a header's value, with or without a leading `Bearer ` (RFC 6750, section 2.1; any case). */
export const token_in = (header: string): string => header.trim().replace(/^bearer +/i, "");

/**
 * The user of a verified access token. Cognito's `username` claim is a UUID in a pool that signs in by e-mail: it
 * survives a change of address and is never given to another person
 * (https://docs.aws.amazon.com/cognito/latest/developerguide/amazon-cognito-user-pools-using-the-access-token.html).
 */
export const username_of = ({ username }: { readonly username?: unknown }): string | undefined =>
  typeof username === "string" && username !== "" ? username : undefined;
