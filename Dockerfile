# syntax=docker/dockerfile:1
# Two stages: the first builds the gazetteer and the wheel, the second holds only what runs.
ARG PYTHON=3.12

FROM python:${PYTHON}-slim AS build
WORKDIR /src
COPY requirements-dev.lock ./
RUN python -m venv /build && /build/bin/pip install --no-cache-dir --require-hashes -r requirements-dev.lock
COPY . .
RUN /build/bin/python -m summaries.places.build \
    && /build/bin/pip wheel --no-cache-dir --no-deps --no-build-isolation --wheel-dir /wheels .
COPY requirements.lock ./
RUN python -m venv /opt/dateline \
    && /opt/dateline/bin/pip install --no-cache-dir --require-hashes -r requirements.lock \
    && /opt/dateline/bin/pip install --no-cache-dir --no-deps /wheels/*.whl

FROM python:${PYTHON}-slim
# Pillow loads FriBiDi, which joins and turns Arabic names on maps, from the system.
RUN apt-get update && apt-get install --yes --no-install-recommends libfribidi0 \
    && rm -rf /var/lib/apt/lists/*
RUN useradd --system --uid 10001 --home-dir /data --no-create-home dateline \
    && install -d -o dateline -g dateline /data
COPY --from=build /opt/dateline /opt/dateline
ENV PATH=/opt/dateline/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    DATELINE_DATA_DIR=/data
USER dateline
VOLUME /data
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=60s --timeout=10s --start-period=60s --retries=3 CMD ["dateline", "health"]
ENTRYPOINT ["dateline"]
CMD ["run"]
