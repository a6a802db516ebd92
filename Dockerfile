# One image for web, worker, beat and migrate; compose.yaml says which is which.
FROM python:3.13-slim AS build
ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1
COPY requirements-run.lock .
RUN python -m venv /venv \
 && /venv/bin/pip install --require-hashes --only-binary :all: -r requirements-run.lock

FROM python:3.13-slim
ENV PATH=/venv/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 DATA_DIR=/app/var
WORKDIR /app
RUN useradd --system --uid 10001 --home-dir /app ballast && install -d -o ballast /app/var
COPY --from=build /venv /venv
COPY . .
USER ballast
# The key signs nothing: collectstatic only loads the settings.
RUN SECRET_KEY=collectstatic python manage.py collectstatic --noinput --verbosity 0
EXPOSE 8000
CMD ["gunicorn", "config.wsgi", "--bind", "0.0.0.0:8000", "--workers", "2", "--threads", "4"]
