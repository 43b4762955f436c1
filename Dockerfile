# The relay and the console it serves. The first stage has compilers, the second only what runs.
#
#   docker build -t phony-relay .
#   docker run -p 127.0.0.1:8080:8080 -v phony_data:/data phony-relay
#
# With MongoDB and Redis: docker-compose.yml. Settings, upgrades, backups: docs/operations.md.

# The Node line in long-term support; any image with Node 20.19 or newer, npm and the user 1000 will do.
ARG NODE_IMAGE=node:26-bookworm-slim

FROM ${NODE_IMAGE} AS build
WORKDIR /app
# Another registry than npm's own: --build-arg NPM_CONFIG_REGISTRY=…
ARG NPM_CONFIG_REGISTRY
ENV NPM_CONFIG_UPDATE_NOTIFIER=false NPM_CONFIG_AUDIT=false NPM_CONFIG_FUND=false

COPY package.json package-lock.json ./
# The build looks at this date to know that what is installed is what the lock file asks for.
RUN npm ci --ignore-scripts && touch node_modules/.package-lock.json

COPY . .
RUN npm run build
# Again, without what only the build needed, and without what only an editor reads.
RUN npm ci --omit=dev --ignore-scripts \
 && find node_modules out -type f \( -name '*.map' -o -name '*.d.ts' -o -name '*.d.mts' -o -name '*.d.cts' \) -delete

FROM ${NODE_IMAGE}
ARG VERSION=unversioned
ARG REVISION=unknown
LABEL org.opencontainers.image.title="Phony relay" \
      org.opencontainers.image.description="AI voice agents on phone numbers, and the console that supervises them" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}"

ENV NODE_ENV=production DATA_DIR=/data PORT=8080
WORKDIR /app
# Owned by root: the relay may read its program, not change it.
COPY --from=build /app/package.json ./
COPY --from=build /app/node_modules ./node_modules
COPY --from=build /app/out/node ./out/node
COPY --from=build /app/out/renderer ./out/renderer
# A new volume takes owner and mode from here.
RUN install -d -o 1000 -g 1000 -m 0700 /data
VOLUME /data

# A number, so that Kubernetes can see that it is not root. The user `node` of the base image.
USER 1000:1000
EXPOSE 8080
# Live calls may go on for 60 s after this; give the container more than 70 (`docker stop -t 80`).
STOPSIGNAL SIGTERM
# Alive, not ready: a relay whose database is away still carries its calls and must not be started anew.
HEALTHCHECK --interval=10s --timeout=3s --start-period=60s --retries=3 \
  CMD ["node", "-e", "if (process.env.TLS_CERT) process.env.NODE_TLS_REJECT_UNAUTHORIZED = '0'; fetch((process.env.TLS_CERT ? 'https' : 'http') + '://127.0.0.1:' + process.env.PORT + '/health/live').then((answer) => process.exit(answer.ok ? 0 : 1), () => process.exit(1))"]
# Node itself is process 1: it hears SIGTERM, and ends its call workers.
ENTRYPOINT ["node"]
CMD ["out/node/relay/main.js"]
