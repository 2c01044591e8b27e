// Which target a kernel file is being compiled for. The build sets DLCORE_TARGET to the target's namespace:
// cpu_plain, cpu_v3, cpu_v4 or cuda.
#pragma once

#ifndef DLCORE_TARGET
#error "kernel headers are for kernel files, which the build compiles once per target with DLCORE_TARGET set"
#endif

#ifdef __CUDACC__
#define DLCORE_DEVICE __device__
#else
#define DLCORE_DEVICE
#endif
