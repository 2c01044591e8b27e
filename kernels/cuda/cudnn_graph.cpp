#include "kernels/cuda/cudnn_graph.h"

#include <algorithm>
#include <array>

#include "core/error.h"

namespace dlcore::kernels::cuda {
namespace {

// A plan that needs more scratch memory than this is taken only where there is no other.
constexpr std::size_t modest_workspace = std::size_t{1} << 30;

std::string reason(cudnnStatus_t status) {
  std::array<char, 1024> details{};
  cudnnGetLastErrorString(details.data(), details.size() - 1);
  return details[0] == 0 ? cudnnGetErrorString(status)
                         : fmt::format("{} ({})", cudnnGetErrorString(status), details.data());
}

bool acceptable(const CudnnDescriptor& config, bool tensor_cores) {
  CudnnDescriptor engine(CUDNN_BACKEND_ENGINE_DESCRIPTOR);
  cudnnBackendDescriptor_t raw = engine.raw();
  config.get(CUDNN_ATTR_ENGINECFG_ENGINE, CUDNN_TYPE_BACKEND_DESCRIPTOR, 1, &raw);
  std::array<cudnnBackendNumericalNote_t, 64> notes{};  // a newer library may know more than its header did
  const auto room = static_cast<std::int64_t>(notes.size());
  const std::int64_t count =
      engine.get(CUDNN_ATTR_ENGINE_NUMERICAL_NOTE, CUDNN_TYPE_NUMERICAL_NOTE, room, notes.data());
  return std::none_of(notes.begin(), notes.begin() + std::min(count, room), [=](auto note) {
    switch (note) {
      case CUDNN_NUMERICAL_NOTE_TENSOR_CORE:
      case CUDNN_NUMERICAL_NOTE_DOWN_CONVERT_INPUTS:
        return !tensor_cores;
      case CUDNN_NUMERICAL_NOTE_NONDETERMINISTIC:
      case CUDNN_NUMERICAL_NOTE_REDUCED_PRECISION_REDUCTION:
      case CUDNN_NUMERICAL_NOTE_FFT:
      case CUDNN_NUMERICAL_NOTE_WINOGRAD:
      case CUDNN_NUMERICAL_NOTE_WINOGRAD_TILE_4x4:
      case CUDNN_NUMERICAL_NOTE_WINOGRAD_TILE_6x6:
      case CUDNN_NUMERICAL_NOTE_WINOGRAD_TILE_13x13:
        return true;
      default:
        return false;
    }
  });
}

// What the heuristics propose, best first.
std::vector<CudnnDescriptor> proposals(const CudnnDescriptor& graph, cudnnBackendHeurMode_t mode) {
  CudnnDescriptor heuristics(CUDNN_BACKEND_ENGINEHEUR_DESCRIPTOR);
  heuristics.set(CUDNN_ATTR_ENGINEHEUR_OPERATION_GRAPH, graph);
  heuristics.set(CUDNN_ATTR_ENGINEHEUR_MODE, CUDNN_TYPE_HEUR_MODE, 1, &mode);
  if (!heuristics.finalize()) return {};
  const std::int64_t count =
      heuristics.get(CUDNN_ATTR_ENGINEHEUR_RESULTS, CUDNN_TYPE_BACKEND_DESCRIPTOR, 0, nullptr);
  std::vector<CudnnDescriptor> configs;
  std::vector<cudnnBackendDescriptor_t> raw;
  for (std::int64_t i = 0; i < count; ++i)
    raw.push_back(configs.emplace_back(CUDNN_BACKEND_ENGINECFG_DESCRIPTOR).raw());
  const std::int64_t filled = count == 0 ? 0
                                         : heuristics.get(CUDNN_ATTR_ENGINEHEUR_RESULTS,
                                                          CUDNN_TYPE_BACKEND_DESCRIPTOR, count, raw.data());
  configs.erase(configs.begin() + std::min(filled, count), configs.end());
  return configs;
}

}  // namespace

void check_cudnn(cudnnStatus_t status, const char* operation) {
  if (status != CUDNN_STATUS_SUCCESS) fail("{} failed: {}", operation, reason(status));
}

CudnnDescriptor::CudnnDescriptor(cudnnBackendDescriptorType_t type) {
  cudnnBackendDescriptor_t raw = nullptr;
  check_cudnn(cudnnBackendCreateDescriptor(type, &raw), "cudnnBackendCreateDescriptor");
  raw_.reset(raw);
}

void CudnnDescriptor::set(cudnnBackendAttributeName_t name, cudnnBackendAttributeType_t type,
                          std::int64_t count, const void* values) {
  check_cudnn(cudnnBackendSetAttribute(raw(), name, type, count, values), "cudnnBackendSetAttribute");
}

void CudnnDescriptor::set(cudnnBackendAttributeName_t name, std::initializer_list<std::int64_t> values) {
  set(name, CUDNN_TYPE_INT64, static_cast<std::int64_t>(values.size()), values.begin());
}

void CudnnDescriptor::set(cudnnBackendAttributeName_t name, const CudnnDescriptor& other) {
  cudnnBackendDescriptor_t value = other.raw();
  set(name, CUDNN_TYPE_BACKEND_DESCRIPTOR, 1, &value);
}

std::int64_t CudnnDescriptor::get(cudnnBackendAttributeName_t name, cudnnBackendAttributeType_t type,
                                  std::int64_t room, void* values) const {
  std::int64_t count = 0;
  check_cudnn(cudnnBackendGetAttribute(raw(), name, type, room, &count, values), "cudnnBackendGetAttribute");
  return count;
}

bool CudnnDescriptor::finalize() {
  const cudnnStatus_t status = cudnnBackendFinalize(raw());
  // Not supported, or an engine that this machine cannot make: one compiled at run time, say.
  if (status >= CUDNN_STATUS_NOT_SUPPORTED) return false;
  check_cudnn(status, "cudnnBackendFinalize");
  return true;
}

CudnnPlan find_plan(cudnnHandle_t handle, const CudnnDescriptor& operation, bool tensor_cores) {
  CudnnPlan best;
  CudnnDescriptor graph(CUDNN_BACKEND_OPERATIONGRAPH_DESCRIPTOR);
  graph.set(CUDNN_ATTR_OPERATIONGRAPH_HANDLE, CUDNN_TYPE_HANDLE, 1, &handle);
  graph.set(CUDNN_ATTR_OPERATIONGRAPH_OPS, operation);
  if (!graph.finalize()) return best;
  for (const auto mode : {CUDNN_HEUR_MODE_A, CUDNN_HEUR_MODE_FALLBACK})
    for (const CudnnDescriptor& config : proposals(graph, mode)) {
      if (!acceptable(config, tensor_cores)) continue;
      CudnnDescriptor plan(CUDNN_BACKEND_EXECUTION_PLAN_DESCRIPTOR);
      plan.set(CUDNN_ATTR_EXECUTION_PLAN_HANDLE, CUDNN_TYPE_HANDLE, 1, &handle);
      plan.set(CUDNN_ATTR_EXECUTION_PLAN_ENGINE_CONFIG, config);
      if (!plan.finalize()) continue;
      std::int64_t bytes = 0;
      plan.get(CUDNN_ATTR_EXECUTION_PLAN_WORKSPACE_SIZE, CUDNN_TYPE_INT64, 1, &bytes);
      if (best.plan && static_cast<std::size_t>(bytes) >= best.workspace_bytes) continue;
      best.plan = std::move(plan);
      best.workspace_bytes = static_cast<std::size_t>(bytes);
      if (best.workspace_bytes <= modest_workspace) return best;
    }
  return best;
}

void execute(cudnnHandle_t handle, const CudnnPlan& plan, std::initializer_list<void*> pointers,
             void* workspace) {
  std::vector<std::int64_t> ids;
  for (std::size_t i = 0; i < pointers.size(); ++i) ids.push_back(static_cast<std::int64_t>(i) + 1);
  const auto count = static_cast<std::int64_t>(ids.size());
  CudnnDescriptor pack(CUDNN_BACKEND_VARIANT_PACK_DESCRIPTOR);
  pack.set(CUDNN_ATTR_VARIANT_PACK_UNIQUE_IDS, CUDNN_TYPE_INT64, count, ids.data());
  pack.set(CUDNN_ATTR_VARIANT_PACK_DATA_POINTERS, CUDNN_TYPE_VOID_PTR, count, pointers.begin());
  pack.set(CUDNN_ATTR_VARIANT_PACK_WORKSPACE, CUDNN_TYPE_VOID_PTR, 1, &workspace);
  check_cudnn(cudnnBackendFinalize(pack.raw()), "cudnnBackendFinalize");
  check_cudnn(cudnnBackendExecute(handle, plan.plan->raw(), pack.raw()), "cudnnBackendExecute");
}

}  // namespace dlcore::kernels::cuda
