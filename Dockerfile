# The service alone; the graph is Neo4j beside it (docker-compose.yml) or the embedded engine in the volume /data.
FROM python:3.11-slim-bookworm AS build
WORKDIR /build
RUN python -m venv /opt/stormgraph
COPY constraints.txt ./
RUN /opt/stormgraph/bin/pip install --no-cache-dir --disable-pip-version-check --require-hashes --only-binary :all: -r constraints.txt
COPY . .
RUN /opt/stormgraph/bin/pip install --no-cache-dir --disable-pip-version-check --no-deps --no-build-isolation .

FROM python:3.11-slim-bookworm
RUN useradd --system --uid 10001 --create-home stormgraph && install -d -o stormgraph -g stormgraph -m 0700 /data
COPY --from=build /opt/stormgraph /opt/stormgraph
ENV PATH=/opt/stormgraph/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    STORMGRAPH_DATA_DIR=/data \
    STORMGRAPH_LOG_FORMAT=json
USER stormgraph
WORKDIR /home/stormgraph
VOLUME /data
EXPOSE 8080
HEALTHCHECK --interval=10s --timeout=3s --start-period=60s --retries=6 \
    CMD ["python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8080/healthz', timeout=2)"]
CMD ["stormgraph", "serve", "--host", "0.0.0.0", "--port", "8080"]
