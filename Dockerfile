# SAM in one image: `web`, `worker`, `migrate` are commands of the same code.

FROM python:3.11-slim-bookworm AS packages
COPY requirements/run.lock /tmp/run.lock
RUN python -m venv /opt/venv \
    && /opt/venv/bin/pip install --no-cache-dir --disable-pip-version-check --require-hashes -r /tmp/run.lock

FROM python:3.11-slim-bookworm
RUN useradd --system --uid 10001 --user-group --no-create-home --shell /usr/sbin/nologin sam \
    && mkdir -p /app /var/lib/sam /var/lib/sam-secret \
    && chown sam:sam /var/lib/sam /var/lib/sam-secret
COPY --from=packages /opt/venv /opt/venv
ENV PATH=/opt/venv/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    LC_ALL=C.UTF-8 \
    SAM_DATA_DIR=/var/lib/sam
WORKDIR /app
COPY manage.py ./
COPY sam ./sam
COPY realtime ./realtime
COPY zipworker ./zipworker
COPY frontend ./frontend
COPY deploy ./deploy
USER sam
# Hashed names come with the image, so that every web container of a release serves the same files.
RUN SECRET_KEY=only-for-collectstatic python manage.py collectstatic --noinput --verbosity 0
EXPOSE 8000
ENTRYPOINT ["/app/deploy/entrypoint.sh"]
CMD ["python", "manage.py", "web"]
