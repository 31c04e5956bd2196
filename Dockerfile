# A Holdfast worker. Build: docker build -t holdfast .   Run: see docs/deployment.md.
FROM node:24-slim AS build
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
RUN npm ci
COPY tsconfig.json tsconfig.build.json ./
COPY scripts ./scripts
COPY src ./src
COPY dashboard ./dashboard
RUN npm run build && npm prune --omit=dev

FROM node:24-slim
# git reads the repositories that analyse-repositories is given.
RUN apt-get update \
  && apt-get install --yes --no-install-recommends ca-certificates git \
  && rm -rf /var/lib/apt/lists/*
ENV NODE_ENV=production
WORKDIR /app
COPY --from=build /app/package.json ./package.json
COPY --from=build /app/node_modules ./node_modules
COPY --from=build /app/dist ./dist
COPY deploy/worker-health.mjs deploy/jobs.mjs ./deploy/
# Files of exports, and keys of the API; a volume that is mounted here for the first time has its owner.
RUN mkdir --parents /var/lib/holdfast/exports /var/lib/holdfast-api && chown --recursive node:node /var/lib/holdfast /var/lib/holdfast-api
USER node
# Asks Temporal whether it has heard from this very worker lately.
HEALTHCHECK --interval=30s --timeout=10s --start-period=60s --retries=3 CMD ["node", "deploy/worker-health.mjs"]
ENTRYPOINT ["node", "dist/cli/main.js"]
CMD ["worker", "--jobs", "deploy/jobs.mjs"]
