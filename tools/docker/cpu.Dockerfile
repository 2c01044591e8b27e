# dlcore for CPUs. From the folder above tools/:
#
#     docker build -f tools/docker/cpu.Dockerfile -t dlcore .
#     docker run --rm -v "$PWD":/data -w /data dlcore dlcore_caption model.safetensors photo.jpg
FROM debian:12 AS build
RUN apt-get update && apt-get install -y --no-install-recommends dpkg-dev file
WORKDIR /dlcore
COPY tools/install_packages.sh tools/
RUN tools/install_packages.sh
COPY . .
RUN cmake --preset cpu -DDLCORE_TESTS=OFF && cmake --build --preset cpu && cpack --config build/cpu/CPackConfig.cmake -B packages

FROM debian:12-slim
COPY --from=build /dlcore/packages/dlcore_*.deb /tmp/
RUN apt-get update && apt-get install -y --no-install-recommends /tmp/dlcore_*.deb && rm -rf /tmp/*.deb /var/lib/apt/lists/*
CMD ["dlcore_train", "--help"]
