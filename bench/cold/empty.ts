/** The least that can be a function: what is left is the runtime client's own. */
export const handler = async () => ({});
