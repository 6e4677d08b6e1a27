# One node of the mesh. NATS, Redis and the object store are elsewhere: see compose.yml.
FROM node:24-bookworm-slim AS packages
WORKDIR /app
COPY package.json package-lock.json ./
# The image's Node is the one the project pins by npm, so no install script has anything to do.
RUN npm ci --omit=dev --ignore-scripts --no-audit --no-fund

FROM node:24-bookworm-slim
RUN apt-get update \
 && apt-get install -y --no-install-recommends ffmpeg bubblewrap tini ca-certificates \
 && rm -rf /var/lib/apt/lists/* \
 && mkdir /data && chown node:node /data
WORKDIR /app
COPY --from=packages /app/node_modules node_modules
COPY . .
# All interfaces: the container's own network decides who reaches it.
ENV NODE_ENV=production \
    LECTERN_DATA=/data \
    LECTERN_HTTP_HOST=0.0.0.0 \
    LECTERN_HTTP_PORT=3000 \
    LECTERN_LOG_FORMAT=json
USER node
VOLUME /data
EXPOSE 3000
STOPSIGNAL SIGTERM
# A node without a gateway has no port 3000; its orchestrator probes LECTERN_METRICS_PORT instead. A gateway's certificate is
# for the names that its clients use, not for this address of the same machine.
HEALTHCHECK --interval=10s --timeout=5s --start-period=20s --retries=3 \
  CMD ["env", "NODE_TLS_REJECT_UNAUTHORIZED=0", "node", "--no-warnings", "-e", "fetch(`http${process.env.LECTERN_TLS_CERT ? 's' : ''}://127.0.0.1:${process.env.LECTERN_HTTP_PORT}/health/live`).then((answer) => process.exit(answer.ok ? 0 : 1), () => process.exit(1))"]
ENTRYPOINT ["tini", "--"]
CMD ["node", "bin/node.ts"]
