# docker build -t which-student .
# docker run --rm -v "$PWD:/work" which-student run --suite FILE.yml
# The usual build of torch for Linux brings gigabytes for GPUs: --build-arg TORCH_INDEX=ADDRESS names an index of others.
FROM python:3.11-slim
COPY constraints.txt /src/
ARG TORCH_INDEX=
RUN pip install --no-cache-dir ${TORCH_INDEX:+--index-url "$TORCH_INDEX"} $(grep '^torch==' /src/constraints.txt)
COPY pyproject.toml README.md LICENSE which_student.py /src/
COPY benchmark /src/benchmark
COPY students /src/students
COPY tracking /src/tracking
RUN pip install --no-cache-dir --constraint /src/constraints.txt /src
WORKDIR /work
ENTRYPOINT ["which-student"]
