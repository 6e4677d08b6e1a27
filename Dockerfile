# One node of the mesh. NATS, Redis and the object store are elsewhere: see compose.yml and deploy/.
#   docker build --build-arg REVISION=$(git rev-parse HEAD) -t lectern .
# It runs with a read-only root: docker run --read-only --tmpfs /tmp -v data:/data …
# Node is the one that package.json pins, FFmpeg that of this Debian, with its security updates.
FROM node:24.21.0-bookworm-slim AS packages
WORKDIR /app
COPY package.json package-lock.json ./
# The image brings Node, so no install script has anything to do; and nothing is compiled, so no compiler stays.
RUN npm ci --omit=dev --ignore-scripts --no-audit --no-fund \
 && rm -rf node_modules/typescript node_modules/@typescript

FROM node:24.21.0-bookworm-slim
ARG VERSION=0.1.0
ARG REVISION=unknown
LABEL org.opencontainers.image.title="Lectern" \
      org.opencontainers.image.description="One node of a mesh that plays any lecture within a second of asking" \
      org.opencontainers.image.licenses="MIT" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}"
RUN apt-get update \
 && apt-get install -y --no-install-recommends ffmpeg=7:5.1.* bubblewrap tini ca-certificates \
 && rm -rf /var/lib/apt/lists/* /usr/local/lib/node_modules /usr/local/bin/npm /usr/local/bin/npx /usr/local/bin/corepack /opt/yarn* \
 && mkdir /data && chown node:node /data
WORKDIR /app
COPY --from=packages /app/node_modules node_modules
COPY . .
# All interfaces: the container's own network decides who reaches it.
ENV NODE_ENV=production \
    NODE_COMPILE_CACHE=/app/compiled \
    LECTERN_DATA=/data \
    LECTERN_HTTP_HOST=0.0.0.0 \
    LECTERN_HTTP_PORT=3000 \
    LECTERN_METRICS_HOST=0.0.0.0 \
    LECTERN_METRICS_PORT=9100 \
    LECTERN_LOG_FORMAT=json
# What Node makes of the code, by the user and the flags that nodes have: a new container has nothing left to compile.
RUN mkdir compiled && chown node:node compiled \
 && setpriv --reuid=1000 --regid=1000 --clear-groups node bin/compile-code.ts \
 && chown -R root:root compiled && chmod -R a+rX compiled
USER 1000:1000
VOLUME /data
EXPOSE 3000 9100
STOPSIGNAL SIGTERM
# The port of /metrics, which every node has, with a gateway or without.
HEALTHCHECK --interval=10s --timeout=5s --start-period=30s --retries=3 \
  CMD ["node", "-e", "fetch(`http://127.0.0.1:${process.env.LECTERN_METRICS_PORT}/health/live`).then((answer) => process.exit(answer.ok ? 0 : 1), () => process.exit(1))"]
# As process 1, tini passes signals on and buries what FFmpeg leaves behind.
ENTRYPOINT ["tini", "--"]
CMD ["node", "bin/node.ts"]
