/** What an error says: its message, or whatever was thrown in its place as text. */
export const errorText = (error: unknown): string => (error instanceof Error ? error.message : String(error));
