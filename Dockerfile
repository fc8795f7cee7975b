# The image of production: web, worker and beat are three commands of the same one.
# PostgreSQL and Redis run elsewhere (docker-compose.yml), so no embedded servers here.

FROM python:3.13-slim AS build
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1 PYTHONDONTWRITEBYTECODE=1
WORKDIR /srv/huisu
RUN python -m venv /opt/venv
COPY requirements.txt ./
RUN /opt/venv/bin/pip install --require-hashes --only-binary :all: -r requirements.txt
COPY . ./
# Collecting static files reads the settings, which demand their secrets: this one signs nothing.
RUN printf 'only-for-the-build' > /tmp/key \
    && /opt/venv/bin/python -m config.translations compile \
    && HUISU_MODE=production SECRET_KEY_FILE=/tmp/key HUISU_HOSTS=none HUISU_DATA=/tmp \
       DATABASE_URL=postgresql://none@none/none REDIS_URL=redis://none \
       /opt/venv/bin/python manage.py collectstatic --no-input \
    && rm /tmp/key

FROM python:3.13-slim
ENV PATH=/opt/venv/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    NUMBA_CACHE_DIR=/tmp/numba \
    HUISU_MODE=production \
    HUISU_DATA=/data
RUN useradd --system --uid 10001 --user-group --no-create-home huisu \
    && install -d -o huisu -g huisu -m 0700 /data
WORKDIR /srv/huisu
COPY --from=build /opt/venv /opt/venv
COPY --from=build /srv/huisu /srv/huisu
USER huisu
VOLUME /data
EXPOSE 8000
STOPSIGNAL SIGTERM
CMD ["granian", "--interface", "wsgi", "config.wsgi:application", "--host", "0.0.0.0", \
     "--port", "8000", "--workers", "2", "--blocking-threads", "4", "--no-ws"]
