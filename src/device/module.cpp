#include "arete/core/module.hpp"

#include <memory>

#include "arete/backend/backend.hpp"
#include "arete/core/error.hpp"
#include "arete/core/version.hpp"
#include "device/collective/make_collective.hpp"
#include "device/runtime/cuda/cuda_device.hpp"
#include "device/runtime/cuda/look_for_gpus.hpp"
#include "device/session/device_session.hpp"

namespace {

using namespace arete;

/// A GPU that was found; what it takes is taken when a session is opened.
class CudaBackend final : public Backend {
 public:
  CudaBackend(int index, std::string description)
      : index_(index), description_(std::move(description)) {}

  [[nodiscard]] std::string name() const override { return fmt::format("cuda:{}", index_); }
  [[nodiscard]] std::string description() const override { return description_; }
  [[nodiscard]] std::size_t host_memory(const SessionOptions& options) const override {
    return device::session_host_memory(options);
  }
  [[nodiscard]] std::unique_ptr<Session> open(const SessionOptions& options) override {
    return device::open_session(device::cuda_device(index_), options,
                                device::collective_on(index_));
  }

 private:
  int index_;
  std::string description_;
};

std::unique_ptr<Backend> open_backend(int request) {
  const device::Probe probe = device::look_for_gpus();
  const int index = device::chosen_gpu(request, probe.gpus.size());
  if (const auto reason = device::obstacle(probe, index)) {
    fail(ErrorKind::unavailable, "--device cuda{}: {}",
         request < 0 ? "" : fmt::format(":{}", request), *reason);
  }
  return std::make_unique<CudaBackend>(
      index, device::describe(probe.gpus[static_cast<std::size_t>(index)]));
}

const ModuleTable table{build_identifier(), open_backend, nullptr, nullptr, nullptr};

}  // namespace

extern "C" const arete::ModuleTable* arete_module() { return &table; }
