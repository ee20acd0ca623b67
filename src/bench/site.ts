/** A web server of a page's files, on this machine alone. */

import { createServer } from "node:http";
import { text } from "node:stream/consumers";

/** Only pages that are shut off from others may have threads. */
const ISOLATED = {
  "Cross-Origin-Opener-Policy": "same-origin",
  "Cross-Origin-Embedder-Policy": "require-corp",
} as const;

const TYPES: Readonly<Record<string, string>> = {
  html: "text/html",
  css: "text/css",
  js: "text/javascript",
  mjs: "text/javascript",
  wasm: "application/wasm",
};

export interface Site {
  /** its address, with a slash at the end */
  readonly url: string;
  /** what a page has posted to /answer */
  readonly answer: Promise<string>;
  close(): void;
}

/**
 * Serves files.
 *
 * @param find the file of a path such as "/page.js", or of "/"; undefined where there is none
 * @param isolated whether it sends the headers without which pages have no threads
 */
export async function served(
  find: (path: string) => Promise<string | Uint8Array | undefined>,
  isolated = true,
): Promise<Site> {
  const { promise: answer, resolve: told } = withResolver<string>();
  const server = createServer(async (request, response) => {
    const { pathname } = new URL(request.url ?? "/", "http://page");
    if (pathname === "/answer") told(await text(request));
    const body = pathname === "/answer" ? "" : await find(decodeURIComponent(pathname)).catch(() => undefined);
    const type = TYPES[pathname.endsWith("/") ? "html" : (pathname.split(".").pop() ?? "")] ?? "text/plain";
    response
      .writeHead(body === undefined ? 404 : 200, { ...(isolated ? ISOLATED : {}), "Content-Type": type })
      .end(body);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  return {
    url: `http://127.0.0.1:${typeof address === "object" ? address?.port : ""}/`,
    answer,
    close() {
      server.closeAllConnections();
      server.close();
    },
  };
}

function withResolver<T>(): { readonly promise: Promise<T>; readonly resolve: (value: T) => void } {
  let resolve: (value: T) => void = () => undefined;
  const promise = new Promise<T>((done) => {
    resolve = done;
  });
  return { promise, resolve };
}
