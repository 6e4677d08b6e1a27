/** The tus protocol as a client speaks it, a request at a time. */
export function tus(base: string) {
  const url = (uploadId: string): string => `${base}/v1/uploads/tus/${uploadId}`;
  const ask = (method: string, to: string, headers: Record<string, string>, body?: Buffer): Promise<Response> =>
    fetch(to, { method, headers: { "Tus-Resumable": "1.0.0", ...headers }, ...(body === undefined ? {} : { body: new Uint8Array(body) }) });
  const expected = async (answer: Response, status: number): Promise<Response> => {
    if (answer.status !== status) throw new Error(`${answer.status} ${await answer.text()}`);
    return answer;
  };

  return {
    url,
    async begin(size: number): Promise<string> {
      const answer = await expected(await ask("POST", `${base}/v1/uploads/tus`, { "Upload-Length": String(size) }), 201);
      return answer.headers.get("location")?.split("/").at(-1) ?? "";
    },
    /** The offset after them. */
    async append(uploadId: string, offset: number, bytes: Buffer): Promise<number> {
      const answer = await expected(await ask("PATCH", url(uploadId), { "Upload-Offset": String(offset), "Content-Type": "application/offset+octet-stream" }, bytes), 204);
      return Number(answer.headers.get("upload-offset"));
    },
    async abandon(uploadId: string): Promise<void> {
      await expected(await ask("DELETE", url(uploadId), {}), 204);
    },
  };
}

export type Tus = ReturnType<typeof tus>;
