// What every JavaScript platform has but the language's own library does not declare.
// Where Node's or the browser's types are present, these agree with theirs.

declare var performance: { now(): number };

/** Inflates ("deflate", "deflate-raw", "gzip") what is written into it. */
declare var DecompressionStream: {
  new (
    format: string,
  ): {
    readonly readable: {
      getReader(): {
        read(): Promise<{ done: false; value: Uint8Array } | { done: true; value?: undefined }>;
        cancel(): Promise<void>;
      };
    };
    readonly writable: { getWriter(): { write(bytes: Uint8Array): Promise<void>; close(): Promise<void> } };
  };
};

/** To Base64, from a text whose signs are bytes. */
declare function btoa(data: string): string;

/** From Base64. */
declare function atob(data: string): string;

/** Calls it after so many milliseconds. */
declare function setTimeout(work: () => void, milliseconds?: number): unknown;
