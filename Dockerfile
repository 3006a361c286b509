# The service in a container: it serves the releases mounted at /releases and writes nothing but to /tmp.
#   docker build -t peta-dapil .        docker run -p 5000:5000 -v ./build:/releases:ro peta-dapil
FROM python:3.12-slim AS build
ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1
WORKDIR /src
RUN python -m venv /venv
# First only what changes seldom, so that a change of the code does not fetch everything anew.
COPY pyproject.toml README.md LICENSE ./
RUN python -c "import tomllib; p = tomllib.load(open('pyproject.toml', 'rb'))['project']; extras = p['optional-dependencies']; print('\n'.join(p['dependencies'] + extras['serve'] + extras['postgis']))" > /requirements.txt \
    && /venv/bin/pip install -r /requirements.txt
COPY boundaries boundaries
COPY data data
COPY pygeoapi-config.yml ./
RUN /venv/bin/pip install --no-deps .

FROM python:3.12-slim
# A new volume mounted at /releases takes over the owner of this directory.
RUN useradd --system --uid 10001 --home-dir /nonexistent --shell /usr/sbin/nologin dapil \
    && install -d -o 10001 -g 10001 /releases
COPY --from=build /venv /venv
WORKDIR /app
COPY server.py pygeoapi-config.yml ./
# matplotlib and pooch look for places of their own when they are imported; there is only /tmp.
ENV PATH=/venv/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    MPLCONFIGDIR=/tmp/matplotlib \
    XDG_CACHE_HOME=/tmp/cache \
    DAPIL_RELEASES=/releases \
    DAPIL_HOST=0.0.0.0 \
    DAPIL_PORT=5000 \
    DAPIL_CONFIG=/app/pygeoapi-config.yml
USER 10001:10001
EXPOSE 5000
HEALTHCHECK --interval=15s --timeout=5s --start-period=30s --retries=3 \
    CMD ["python", "-c", "import os, urllib.request; urllib.request.urlopen('http://127.0.0.1:' + os.environ['DAPIL_PORT'] + '/health', timeout=4)"]
STOPSIGNAL SIGTERM
CMD ["python", "/app/server.py"]
