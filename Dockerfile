# Two stages: the first installs from the hashed lock, the second is what runs. Another base: --build-arg BASE=…
ARG BASE=python:3.13-slim

FROM ${BASE} AS build
ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1
RUN ["python", "-m", "venv", "/opt/assigner"]
WORKDIR /src
COPY deploy/requirements.txt deploy/
RUN ["/opt/assigner/bin/python", "-m", "pip", "install", "--require-hashes", "--requirement", "deploy/requirements.txt"]
COPY LICENSE README.md pyproject.toml ./
COPY api api
COPY assigner assigner
COPY solver solver
RUN ["/opt/assigner/bin/python", "-m", "pip", "install", "--no-deps", "--no-build-isolation", "."]

FROM ${BASE}
LABEL org.opencontainers.image.title="assigner" \
    org.opencontainers.image.description="The right task to the right agent at the right time: skills-based assignment for back offices." \
    org.opencontainers.image.version="0.1.0" \
    org.opencontainers.image.licenses="Apache-2.0"
ENV PATH=/opt/assigner/bin:$PATH PYTHONDONTWRITEBYTECODE=1 PYTHONUNBUFFERED=1 \
    ASSIGNER_HOST=0.0.0.0 ASSIGNER_STATE_DIR=/var/lib/assigner
RUN useradd --uid 10001 --no-create-home --shell /usr/sbin/nologin assigner \
    && install --directory --owner 10001 --group 10001 --mode 0700 /var/lib/assigner
COPY --from=build /opt/assigner /opt/assigner
VOLUME /var/lib/assigner
USER 10001:10001
WORKDIR /tmp
EXPOSE 8080
HEALTHCHECK --interval=10s --timeout=3s --start-period=30s \
    CMD ["python", "-c", "import os, urllib.request; urllib.request.urlopen(f\"http://127.0.0.1:{os.environ.get('ASSIGNER_PORT', '8080')}/livez\", timeout=2)"]
# Nobody gets in without a key. The first: docker exec CONTAINER assigner keys create --role admin --name NAME
CMD ["assigner", "serve"]
