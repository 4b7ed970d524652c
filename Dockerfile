# Two stages: build with what scripts/install-deps lists, run with the shared libraries alone.
FROM debian:bookworm-slim AS build
COPY scripts/install-deps /src/scripts/install-deps
RUN /src/scripts/install-deps
COPY . /src
RUN cmake -S /src -B /build -G Ninja -DCMAKE_BUILD_TYPE=Release -DARANGO2PG_TESTS=OFF -DCMAKE_INSTALL_PREFIX=/usr/local \
 && cmake --build /build && cmake --install /build --strip

FROM debian:bookworm-slim
RUN apt-get update && apt-get install -y --no-install-recommends \
      ca-certificates libcurl4 libfmt9 libicu72 libpq5 libpqxx-6.4 libre2-9 libsimdjson14 libspdlog1.10 libssl3 \
      libtbb12 libyaml-cpp0.7 zlib1g \
 && rm -rf /var/lib/apt/lists/* && useradd --create-home arango2pg
COPY --from=build /usr/local /usr/local
USER arango2pg
WORKDIR /home/arango2pg
ENTRYPOINT ["arango2pg"]
