# ---- build: compilers and headers stay in this stage ----------------------------------------------------------
FROM debian:trixie-slim AS build
WORKDIR /source
COPY scripts/deps.sh scripts/deps.sh
RUN scripts/deps.sh build && rm -rf /var/lib/apt/lists/*
COPY CMakeLists.txt CMakePresets.json ./
COPY scripts/embed.cmake scripts/embed.cmake
COPY web web
COPY src src
RUN cmake --preset release -DGATEWAY_TESTS=OFF \
 && cmake --build --preset release --target ai-gateway --parallel "$(nproc)" \
 && strip build/release/ai-gateway

# ---- run: the binary and the libraries that it names ----------------------------------------------------------
FROM debian:trixie-slim
RUN apt-get update \
 && apt-get install --yes --no-install-recommends \
      ca-certificates tzdata \
      libcpp-httplib0.18 libsimdjson25 libspdlog1.15 libfmt10 libssl3t64 zlib1g libbrotli1 libstdc++6 \
 && rm -rf /var/lib/apt/lists/* /var/cache/apt/* /var/log/apt /var/log/dpkg.log \
 && groupadd --gid 1000 gateway \
 && useradd --uid 1000 --gid gateway --no-create-home --home-dir /app --shell /usr/sbin/nologin gateway \
 && install --directory --owner gateway --group gateway /app /app/data /app/logs
WORKDIR /app
ENV GATEWAY_HOST=0.0.0.0 \
    GATEWAY_PORT=6010 \
    GATEWAY_CONFIG=/app/config/provider.json \
    GATEWAY_DATA=/app/data \
    GATEWAY_LOGS=/app/logs
COPY config config
COPY scripts/container-entry.sh /usr/local/bin/container-entry
COPY --from=build /source/build/release/ai-gateway /usr/local/bin/ai-gateway
EXPOSE 6010
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=3s --start-period=5s --retries=3 CMD ["ai-gateway", "health"]
# Starts as root only to make the mounted folders writable; the gateway itself runs as the user gateway (uid 1000).
# With `--user` it starts, and stays, as that user.
ENTRYPOINT ["container-entry"]
