# dlcore for NVIDIA GPUs, and for CPUs where there is none. From the folder above tools/, on a machine with NVIDIA's
# container toolkit:
#
#     docker build -f tools/docker/cuda.Dockerfile -t dlcore-cuda .
#     docker run --rm --gpus all -v "$PWD":/data -w /data dlcore-cuda dlcore_train train.yaml
ARG CUDA=13.0.0
ARG SYSTEM=ubuntu24.04

FROM nvidia/cuda:${CUDA}-cudnn-devel-${SYSTEM} AS build
WORKDIR /dlcore
COPY tools/install_packages.sh tools/
RUN tools/install_packages.sh
COPY . .
RUN cmake --preset cuda -DDLCORE_TESTS=OFF && cmake --build --preset cuda && cmake --install build/cuda --prefix /opt/dlcore
# The system's packages that programs and libraries are linked with. The other image has CUDA's and cuDNN's.
RUN ldd /opt/dlcore/bin/* /opt/dlcore/lib/*.so | sed -n 's/.*=> \(\/[^ ]*\).*/\1/p' | grep -v '^/opt/dlcore\|/cuda' | sort -u | \
    xargs realpath | xargs dpkg -S | sed 's/:.*//' | grep -v 'cuda\|cudnn\|cublas' | sort -u > /opt/dlcore/packages

FROM nvidia/cuda:${CUDA}-cudnn-runtime-${SYSTEM}
COPY --from=build /opt/dlcore /opt/dlcore
RUN apt-get update && xargs apt-get install -y --no-install-recommends < /opt/dlcore/packages && rm -rf /var/lib/apt/lists/*
ENV PATH=/opt/dlcore/bin:$PATH
CMD ["dlcore_train", "--help"]
